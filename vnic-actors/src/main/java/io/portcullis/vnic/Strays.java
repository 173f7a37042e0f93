package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import java.util.OptionalLong;

/** Which vNICs a host must let go of: those that its data path has, while the directory does not list them for it. */
public final class Strays {
    private Strays() {}

    /**
     * Whether the vNIC does not belong to this host any more. One that enforces, or was handed over, does as long as its epoch is not
     * over: the directory may not have heard yet of what the placement decided. One that never enforced was of a migration to this
     * host; without an agent that knows of it, or once its epoch is over, it never will, and another migration begins anew. A VM that the
     * agent knows may be about to be listed; it is a stray only if another host has it under a higher epoch: so it was taken over while
     * this host counted as lost.
     *
     * @param directoryEpoch epoch of the VM's row in the directory; empty if there is none
     * @param isOurs whether that row is this host's, written a moment ago
     * @param isKnown whether the host's agent has the VM, and not only because the directory listed it, which lists it nowhere any more
     */
    public static boolean isStray(VnicStatus status, OptionalLong directoryEpoch, boolean isOurs, boolean isKnown) {
        if (isOurs) {
            return false;
        }
        boolean isOver = directoryEpoch.isPresent() && directoryEpoch.getAsLong() > status.epoch();
        return switch (status.mode()) {
            case ENFORCING -> isOver || (directoryEpoch.isEmpty() && !isKnown);
            case CUTTING, SEALED -> !isKnown && (isOver || directoryEpoch.isEmpty());
            case PASSIVE, HOLDING -> isOver || !isKnown;
        };
    }
}
