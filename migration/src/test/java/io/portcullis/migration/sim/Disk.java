package io.portcullis.migration.sim;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a host keeps on its own disk: checkpoints of vNICs that it enforces, and notes that it has begun to hand one over. */
final class Disk {
    record Saved(long epoch, long revision, Map<Integer, Integer> connections) {
        Saved {
            connections = Map.copyOf(connections);
        }
    }

    final Map<VnicId, Saved> checkpoints = new HashMap<>();
    private final Map<VnicId, Long> notes = new HashMap<>();

    void note(VnicId vnic, long epoch) {
        notes.put(vnic, epoch);
    }

    void closeNote(VnicId vnic) {
        notes.remove(vnic);
    }

    /** A note on an epoch before that of the checkpoint is of no use any more. */
    void save(VnicId vnic, Saved saved) {
        checkpoints.put(vnic, saved);
        if (notes.getOrDefault(vnic, Long.MAX_VALUE) < saved.epoch()) {
            notes.remove(vnic);
        }
    }

    /** Whether any vNIC of the VM is being handed over under this epoch or a higher one: then all of it is. */
    boolean isHandedOver(VmId vm, long epoch) {
        return notes.entrySet().stream().anyMatch(note -> note.getKey().vm().equals(vm) && note.getValue() >= epoch);
    }

    /** Nothing stays by which a restart could enforce these vNICs under this epoch or a lower one. */
    void leave(List<VnicId> vnics, long epoch) {
        for (VnicId vnic : vnics) {
            Saved saved = checkpoints.get(vnic);
            if (saved != null && saved.epoch() <= epoch) {
                checkpoints.remove(vnic);
            }
            if (notes.getOrDefault(vnic, Long.MAX_VALUE) <= epoch) {
                notes.remove(vnic);
            }
        }
    }
}
