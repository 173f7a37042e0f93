package io.portcullis.loadtest.scenario;

import java.util.Locale;

/** How the process of a host comes to its end. */
public enum Ending {
    /** By SIGKILL: what its vNICs have not written is gone. */
    KILL,
    /** By SIGTERM: its VMs stay, and are enforced again when it is back. */
    STOP,
    /** Its VMs move away first, then its node leaves the cluster; when it is back it joins as a new one. */
    LEAVE;

    /** As files and reports have it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
