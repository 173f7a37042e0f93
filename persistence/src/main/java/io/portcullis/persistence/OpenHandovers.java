package io.portcullis.persistence;

import io.portcullis.policy.VmId;
import java.util.Map;

/** Which VMs were being handed over, by the notes that a host found on its disk. Immutable. */
public final class OpenHandovers {
    /** Nobody knows, so it counts for all of them and for every epoch. */
    static final OpenHandovers UNREADABLE = new OpenHandovers(Map.of(), true);

    private final Map<VmId, Long> epochs;
    private final boolean isUnreadable;

    /** @param epochs the highest one of those under which vNICs of the VM are handed over */
    OpenHandovers(Map<VmId, Long> epochs) {
        this(epochs, false);
    }

    private OpenHandovers(Map<VmId, Long> epochs, boolean isUnreadable) {
        this.epochs = Map.copyOf(epochs);
        this.isUnreadable = isUnreadable;
    }

    /** Whether any vNIC of the VM is being handed over under this epoch or a higher one: then all of it is. */
    public boolean isOpen(VmId vm, long epoch) {
        return isUnreadable || epochs.getOrDefault(vm, Long.MIN_VALUE) >= epoch;
    }
}
