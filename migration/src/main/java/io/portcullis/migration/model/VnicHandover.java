package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;

/**
 * What the source hands over for one vNIC.
 *
 * @param chunks number of chunks sent, 0 for an empty table
 * @param entries connections in the table
 * @param bytes encoded size of the table
 * @param digest order-independent digest of the entries
 * @param policyRevision revision under which the source decided last; the destination must not activate below it
 * @param forwardedFrames frames sent through the data paths' tunnel before the seal
 * @param freezeNanos from the swap of the VM's queue to the seal
 */
public record VnicHandover(
        VnicId vnic,
        int chunks,
        int entries,
        long bytes,
        long digest,
        long policyRevision,
        long forwardedFrames,
        long freezeNanos) {
    /** Of the shape of a hand-over of this vNIC, without a meaning. */
    public static VnicHandover like(VnicId vnic) {
        return new VnicHandover(vnic, 0, 0, 0, 0, 0, 0, 0);
    }
}
