package io.portcullis.persistence;

import io.portcullis.policy.VmId;
import java.util.Map;

/** Of which VMs a host found notes of one kind on its disk. Immutable. */
public final class OpenNotes {
    /** Nobody knows, so it counts for all of them and for every epoch. */
    static final OpenNotes UNREADABLE = new OpenNotes(Map.of(), true);

    private final Map<VmId, Long> epochs;
    private final boolean isUnreadable;

    /** @param epochs the highest one that is noted of a vNIC of the VM */
    OpenNotes(Map<VmId, Long> epochs) {
        this(epochs, false);
    }

    private OpenNotes(Map<VmId, Long> epochs, boolean isUnreadable) {
        this.epochs = Map.copyOf(epochs);
        this.isUnreadable = isUnreadable;
    }

    /** Whether this epoch or a higher one is noted of any vNIC of the VM: then it is of all of it. */
    public boolean isOpen(VmId vm, long epoch) {
        return isUnreadable || epochs.getOrDefault(vm, Long.MIN_VALUE) >= epoch;
    }
}
