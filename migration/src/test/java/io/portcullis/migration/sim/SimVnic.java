package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.VnicId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A vNIC in a host's data path: mode, epoch, rules, connections, and the cut-over that it takes part in. */
final class SimVnic {
    /** A cut-over, as both data paths know it. */
    static final class Cut {
        final SimHost from;
        final SimHost to;
        final SimVnic other;
        final long targetEpoch;

        /** The epoch of the source's note before this cut. */
        final @Nullable Long notedBefore;

        /** The tunnel has ended for good. */
        boolean isBroken;

        /** The source has broken it off; what it had sent may still come. */
        boolean isBrokenOff;

        /** What the source has handed over, once it has sealed. */
        SimCutovers.@Nullable Sealed sealed;

        /** The destination has the source's word that it has sealed. */
        boolean hasCome;

        Cut(SimHost from, SimHost to, SimVnic other, long targetEpoch, @Nullable Long notedBefore) {
            this.from = from;
            this.to = to;
            this.other = other;
            this.targetEpoch = targetEpoch;
            this.notedBefore = notedBefore;
        }

        /** Whether the tunnel is open, and the destination as it was. */
        boolean isJoined() {
            return !isBroken
                    && to.hasProcess()
                    && from.world().network.joins(from, to)
                    && to.vnics().find(other.id) == other
                    && other.epoch == targetEpoch;
        }
    }

    final VnicId id;
    final SimTable table = new SimTable();
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

    /** What its source has sent through the tunnel. */
    SimCutovers.@Nullable Sealed came;

    /** What came of another host's table, beside its own. */
    @Nullable
    SimIncoming incoming;

    /** The table that was taken in through the tunnel, and is in force. */
    @Nullable
    TableSum taken;

    /** It was told to enforce, and does with the others of its VM. */
    @Nullable
    Ask<Void> awaitsOthers;

    /** How often it was told to wait for other orders than those that it had. */
    int withdrawals;

    /** It enforces by itself as soon as it can. */
    SimArming.@Nullable Armed armed;

    SimVnic(VnicId id, long epoch) {
        this.id = id;
        this.epoch = epoch;
    }

    boolean decides() {
        return mode == VnicMode.ENFORCING || mode == VnicMode.CUTTING;
    }

    VnicStatus status() {
        return new VnicStatus(id, epoch, mode, "", revision, table.size(), Map.of());
    }
}
