package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.VnicId;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A vNIC in a host's data path: mode, epoch, rules, connections, and the cut-over that it takes part in. */
final class SimVnic {
    /** A cut-over, as both data paths know it. */
    static final class Cut {
        final SimHost from;
        final SimHost to;
        final long targetEpoch;
        boolean isOver;

        Cut(SimHost from, SimHost to, long targetEpoch) {
            this.from = from;
            this.to = to;
            this.targetEpoch = targetEpoch;
        }
    }

    final VnicId id;
    final Set<Integer> connections = new TreeSet<>();
    long epoch;
    VnicMode mode = VnicMode.PASSIVE;
    long revision;
    boolean expectsCut;

    /** The epoch was given back to the source: it may never be activated here. */
    boolean isGivenBack;

    /** From a checkpoint, with the rules of that time. */
    boolean isFromDisk;

    /** Of which it is the source. */
    @Nullable
    Cut source;

    SimVnic(VnicId id, long epoch) {
        this.id = id;
        this.epoch = epoch;
    }

    boolean decides() {
        return mode == VnicMode.ENFORCING || mode == VnicMode.CUTTING;
    }

    VnicStatus status() {
        return new VnicStatus(id, epoch, mode, "", revision, connections.size(), Map.of());
    }
}
