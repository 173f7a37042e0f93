package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;

/**
 * What moved of one vNIC, as both sides saw it.
 *
 * @param entriesSent connections in the source's sealed table
 * @param entriesReceived connections in the destination's table before it activated
 * @param bytes encoded size of the table
 * @param digestSent order-independent digest of the entries at the source
 * @param digestReceived the same, computed by the destination over what it received
 * @param policyRevision revision under which the source decided last; the destination activated with this one or a newer one
 * @param framesHeld frames that the destination held and released in order
 * @param framesForwarded frames that the source sent through the tunnel before it sealed
 * @param framesDropped frames that did not fit the hold buffer; 0 unless a limit was hit
 * @param freezeNanos from the swap of the VM's queue to the seal, at the source
 * @param pauseNanos from the last frame the source decided to the first that the destination decided, as the destination saw it
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
        long pauseNanos) {
    /** Whether the destination received exactly what the source sent. */
    public boolean complete() {
        return entriesSent == entriesReceived && digestSent == digestReceived;
    }
}
