package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * What moved of one vNIC, as both sides saw it.
 *
 * @param entriesSent connections in the source's sealed table
 * @param entriesReceived connections in the destination's table before it activated
 * @param bytes that went over the wire for the table, in all rounds and after the cut
 * @param digestSent order-independent digest of the entries at the source
 * @param digestReceived the same, computed by the destination over what it received
 * @param policyRevision revision under which the source decided last; the destination activated with this one or a newer one
 * @param framesHeld frames that the destination held and released in order
 * @param framesForwarded frames that the source sent through the tunnel before it sealed
 * @param framesDropped frames that did not fit the hold buffer; 0 unless a limit was hit
 * @param freezeNanos from the swap of the VM's queue to the seal, at the source
 * @param pauseNanos from the last frame the source decided to the first that the destination decided, as the destination saw it
 * @param rounds in which the table was sent while the source enforced; what is not in them was sent in the pause
 */
public record VnicTransfer(
        VnicId vnic,
        long entriesSent,
        long entriesReceived,
        long bytes,
        long digestSent,
        long digestReceived,
        long policyRevision,
        long framesHeld,
        long framesForwarded,
        long framesDropped,
        long freezeNanos,
        long pauseNanos,
        List<CopyRound> rounds) {
    public VnicTransfer {
        // of receipts from before there was a pre-copy
        rounds = rounds == null ? List.of() : List.copyOf(rounds);
    }

    /** Of a table that went whole after the cut. */
    public VnicTransfer(
            VnicId vnic,
            long entriesSent,
            long entriesReceived,
            long bytes,
            long digestSent,
            long digestReceived,
            long policyRevision,
            long framesHeld,
            long framesForwarded,
            long framesDropped,
            long freezeNanos,
            long pauseNanos) {
        this(
                vnic,
                entriesSent,
                entriesReceived,
                bytes,
                digestSent,
                digestReceived,
                policyRevision,
                framesHeld,
                framesForwarded,
                framesDropped,
                freezeNanos,
                pauseNanos,
                List.of());
    }

    /** Bytes that went over the wire in the pause. */
    public long restBytes() {
        return bytes - rounds.stream().mapToLong(CopyRound::bytes).sum();
    }

    /** Whether the destination received exactly what the source sent. */
    public boolean complete() {
        return entriesSent == entriesReceived && digestSent == digestReceived;
    }
}
