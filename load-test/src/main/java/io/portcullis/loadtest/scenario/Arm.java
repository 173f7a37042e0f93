package io.portcullis.loadtest.scenario;

import java.util.Locale;

/** A control: the same traffic to a VM of its own that moves by another way, in the same run. */
public enum Arm {
    /** No firewall is between the ends; the VM's port goes from one plain bridge to another. */
    NO_FIREWALL,
    /** The firewall at the destination begins with an empty table and takes up connections in their middle. */
    LOOSE,
    /** The firewall at the destination begins with an empty table and wants a SYN. */
    STRICT;

    /** As scenarios and reports call it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
