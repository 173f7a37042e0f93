package io.portcullis.api;

import java.util.List;

/**
 * What was carried for one vNIC, as both sides saw it.
 *
 * @param entriesSent connections in the source's sealed table
 * @param entriesReceived connections in the destination's table before it began to enforce
 * @param bytes that went over the wire for the table
 * @param restBytes of these in the pause
 * @param digestSent over the entries, in any order, at the source; hexadecimal
 * @param digestReceived the same at the destination
 * @param framesHeld that the destination held and released in order
 * @param framesForwarded that the source sent through the tunnel
 * @param framesDropped that did not fit a bound
 * @param freezeNanos from the swap of the VM's queue to the seal, at the source
 * @param pauseNanos from the last frame that the source decided to the first that the destination decided
 * @param rounds in which the table was sent before the cut
 */
public record VnicReceipt(
        String vnic,
        long entriesSent,
        long entriesReceived,
        long bytes,
        long restBytes,
        String digestSent,
        String digestReceived,
        long policyRevision,
        long framesHeld,
        long framesForwarded,
        long framesDropped,
        long freezeNanos,
        long pauseNanos,
        List<CopyRoundView> rounds) {
    public VnicReceipt {
        // a node of an older build says nothing of rounds
        rounds = rounds == null ? List.of() : List.copyOf(rounds);
    }
}
