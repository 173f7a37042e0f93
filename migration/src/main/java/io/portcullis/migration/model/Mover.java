package io.portcullis.migration.model;

/** Who moves the VM itself while its firewalls move. */
public enum Mover {
    /** The product, at the cut: it begins as soon as the tables have been sent ahead. */
    PRODUCT,
    /** A hypervisor, which says when it has stopped the VM: the cut waits for that, and the tables are kept fresh meanwhile. */
    HYPERVISOR
}
