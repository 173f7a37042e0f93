package io.portcullis.persistence;

import io.portcullis.policy.VnicId;
import java.util.LinkedHashMap;

/**
 * Highest epochs under which vNICs have left a host since its process began, of those that left last: a write of a checkpoint that comes late writes nothing.
 * Each vNIC of a host has one write under way at most, so those that left long ago have none. Thread-safe.
 */
final class LeftEpochs {
    /** More than a host has vNICs. */
    static final int LIMIT = 1 << 17;

    private final int limit;
    private final LinkedHashMap<VnicId, Long> epochs = new LinkedHashMap<>();

    LeftEpochs() {
        this(LIMIT);
    }

    /** @param limit vNICs of which is known that they left; the one that left first is forgotten for the next */
    LeftEpochs(int limit) {
        this.limit = limit;
    }

    /** The vNIC has left under this epoch, or under a higher one before. */
    synchronized void leave(VnicId vnic, long epoch) {
        Long before = epochs.remove(vnic);
        epochs.put(vnic, before == null ? epoch : Math.max(before, epoch));
        if (epochs.size() > limit) {
            epochs.pollFirstEntry();
        }
    }

    /** The vNIC is back. */
    synchronized void comeBack(VnicId vnic) {
        epochs.remove(vnic);
    }

    synchronized boolean hasLeft(VnicId vnic, long epoch) {
        Long left = epochs.get(vnic);
        return left != null && epoch <= left;
    }
}
