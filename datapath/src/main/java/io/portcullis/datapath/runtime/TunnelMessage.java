package io.portcullis.datapath.runtime;

import io.portcullis.policy.VnicId;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What source (S) and destination (D) of a cut-over say to each other, in order, for one vNIC.
 *
 * <pre>
 * move:     S Hello ─▶ D Welcome ─▶ S EgressDrained ─▶ D UplinkLearned ─▶ S State* Sealed … Frame* … S Released
 * reclaim:  (D Leaving ─▶) S Reclaim ─▶ D Frame* EgressReturned (or ReclaimRefused) ─▶ S ReclaimLearned ─▶ D Frame* Returned
 * </pre>
 */
sealed interface TunnelMessage {
    /** What a frame still needs on the other side. */
    enum FrameKind {
        /** From the network for the VM, not yet decided. */
        IN(1),
        /** From the VM, not yet decided. */
        OUT(2),
        /** On its way out and decided: an answer of the source's firewall. */
        OUT_DECIDED(3);

        /** On the wire. */
        final int code;

        FrameKind(int code) {
            this.code = code;
        }
    }

    /** First message: which cut-over this is. */
    record Hello(VnicId vnic, String token) implements TunnelMessage {
        @Override
        public String toString() {
            return "Hello[" + vnic + "]";
        }
    }

    /** The token is right; the destination is ready. */
    record Welcome() implements TunnelMessage {}

    /** All that the VM sent before its queue was swapped has left the source, and the fabric has it. */
    record EgressDrained() implements TunnelMessage {}

    /** The destination holds what comes for the VM, and the fabric sends there. */
    record UplinkLearned() implements TunnelMessage {}

    /**
     * The source decides nothing any more.
     *
     * @param forwardedFrames frames that went through the tunnel before
     * @param groupFrames hashes of the group frames that the source delivered since {@link EgressDrained}
     * @param state what the chunks before it complete; null if they are not all here
     */
    record Sealed(
            long forwardedFrames,
            List<Long> groupFrames,
            @Nullable SealedState state) implements TunnelMessage {
        public Sealed {
            groupFrames = List.copyOf(groupFrames);
        }
    }

    /**
     * The table of a source that has sealed.
     *
     * @param entries connections in it
     * @param digest of these
     * @param isRest whether the chunks in the tunnel go on where those end that were sent before; else they are the whole table
     * @param policyRevision under which the source decided last
     * @param freezeNanos from the swap of the VM's queue to the seal
     */
    record SealedState(int entries, long digest, boolean isRest, long policyRevision, long freezeNanos) {}

    /** A chunk of the source's table; it decides nothing any more. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody, and changed by nobody
    record State(byte[] chunk) implements TunnelMessage {}

    /**
     * A frame that arrived at the wrong side. It is never forwarded a second time, only ever returned.
     *
     * @param epoch epoch of the destination; another one's frames are dropped
     * @param bytes virtio-net header and frame, on the heap
     */
    record Frame(FrameKind kind, long epoch, MemorySegment bytes) implements TunnelMessage {}

    /** The source has closed its queue. */
    record Released() implements TunnelMessage {}

    /** The destination was released: it wants to give back everything as soon as the source says Reclaim. */
    record Leaving() implements TunnelMessage {}

    /** The source wants to enforce again. Its own queue is empty, so what the destination's has comes next. */
    record Reclaim() implements TunnelMessage {}

    /** The destination enforces already. */
    record ReclaimRefused() implements TunnelMessage {}

    /** The destination will never activate this epoch; the VM's queue is the source's, and all it had here was sent back. */
    record EgressReturned() implements TunnelMessage {}

    /** The source holds what comes for the VM, and the fabric sends there. */
    record ReclaimLearned() implements TunnelMessage {}

    /** All that the destination held was sent back. */
    record Returned() implements TunnelMessage {}
}
