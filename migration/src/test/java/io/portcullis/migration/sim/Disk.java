package io.portcullis.migration.sim;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a host keeps on its own disk: checkpoints of vNICs that it enforces, and notes on the epochs that it has given up, or is about to. */
final class Disk {
    record Saved(long epoch, long revision, Map<Integer, Integer> connections) {
        Saved {
            connections = Map.copyOf(connections);
        }
    }

    private final World world;
    final Map<VnicId, Saved> checkpoints = new HashMap<>();
    private final Map<VnicId, Long> notes = new HashMap<>();
    private final Map<VnicId, Long> arrivals = new HashMap<>();

    Disk(World world) {
        this.world = world;
    }

    void note(VnicId vnic, long epoch) {
        notes.merge(vnic, epoch, Math::max);
    }

    /** It is being moved here. */
    void comes(VnicId vnic, long epoch) {
        if (!world.has(Mutant.SKIP_ARRIVAL)) {
            arrivals.merge(vnic, epoch, Math::max);
        }
    }

    /** Whether any vNIC of the VM came under this epoch or a higher one, and the directory has not been seen to say so. */
    boolean isArriving(VmId vm, long epoch) {
        return arrivals.entrySet().stream().anyMatch(note -> note.getKey().vm().equals(vm) && note.getValue() >= epoch);
    }

    /** The directory says that it is here under this epoch. */
    void hasArrived(VnicId vnic, long epoch) {
        if (arrivals.getOrDefault(vnic, Long.MAX_VALUE) <= epoch) {
            arrivals.remove(vnic);
        }
    }

    @Nullable
    Long noted(VnicId vnic) {
        return notes.get(vnic);
    }

    /** What was to be given up was not: the note is as before. */
    void takeBackNote(VnicId vnic, @Nullable Long before) {
        if (before == null) {
            notes.remove(vnic);
        } else {
            notes.put(vnic, before);
        }
    }

    /**
     * The directory has the VM elsewhere, or nowhere: a note on an epoch that it cannot name for this host any more is void, once there is no checkpoint that
     * would be trusted without it.
     */
    void closeVoid(VnicId vnic, long belowEpoch) {
        long noted = notes.getOrDefault(vnic, Long.MAX_VALUE);
        if (noted < belowEpoch) {
            forget(List.of(vnic), noted);
            notes.remove(vnic);
        }
    }

    /** A note on an epoch before that of the checkpoint is of no use any more. */
    void save(VnicId vnic, Saved saved) {
        checkpoints.put(vnic, saved);
        if (notes.getOrDefault(vnic, Long.MAX_VALUE) < saved.epoch()) {
            notes.remove(vnic);
        }
    }

    /** What has come of a vNIC that another host enforces still; no note is of less use for it. */
    void saveAhead(VnicId vnic, Saved saved) {
        checkpoints.put(vnic, saved);
    }

    /** Whether any vNIC of the VM is noted under this epoch or a higher one: then all of it is. */
    boolean isNoted(VmId vm, long epoch) {
        return notes.entrySet().stream().anyMatch(note -> note.getKey().vm().equals(vm) && note.getValue() >= epoch);
    }

    /** Whether this host may not enforce the VM under an epoch that the directory names for it. */
    boolean isGivenUp(VmId vm, long epoch) {
        return isNoted(vm, epoch)
                || checkpoints.entrySet().stream()
                        .anyMatch(saved -> saved.getKey().vm().equals(vm)
                                && saved.getValue().epoch() > epoch);
    }

    /** Nothing stays by which a restart could enforce these vNICs under this epoch or a lower one, whatever the directory says. */
    void leave(List<VnicId> vnics, long epoch) {
        forget(vnics, epoch);
        for (VnicId vnic : vnics) {
            if (!world.has(Mutant.FORGET_RELEASE)) {
                note(vnic, epoch);
            } else if (notes.getOrDefault(vnic, Long.MAX_VALUE) <= epoch) {
                notes.remove(vnic);
            }
        }
    }

    /** Checkpoints of this epoch or a lower one are gone; notes stay. */
    void forget(List<VnicId> vnics, long epoch) {
        for (VnicId vnic : vnics) {
            Saved saved = checkpoints.get(vnic);
            if (saved != null && saved.epoch() <= epoch) {
                checkpoints.remove(vnic);
            }
            hasArrived(vnic, epoch);
        }
    }
}
