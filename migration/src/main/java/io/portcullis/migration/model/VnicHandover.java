package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * What the source hands over for one vNIC.
 *
 * @param precopied number of chunks that the destination has taken in before the cut
 * @param chunks number of chunks of the rest, 0 for none
 * @param entries connections in the whole table
 * @param bytes encoded size of the rest
 * @param digest order-independent digest of all entries
 * @param policyRevision revision under which the source decided last; the destination must not activate below it
 * @param forwardedFrames frames sent through the data paths' tunnel before the seal
 * @param freezeNanos from the swap of the VM's queue to the seal
 * @param rounds in which chunks were sent before the cut
 */
public record VnicHandover(
        VnicId vnic,
        int precopied,
        int chunks,
        int entries,
        long bytes,
        long digest,
        long policyRevision,
        long forwardedFrames,
        long freezeNanos,
        List<CopyRound> rounds) {
    public VnicHandover {
        rounds = List.copyOf(rounds);
    }

    /** Of a table that goes whole after the cut. */
    public VnicHandover(
            VnicId vnic,
            int chunks,
            int entries,
            long bytes,
            long digest,
            long policyRevision,
            long forwardedFrames,
            long freezeNanos) {
        this(vnic, 0, chunks, entries, bytes, digest, policyRevision, forwardedFrames, freezeNanos, List.of());
    }

    /** What is known before the cut; nothing else in it has a meaning. */
    public static VnicHandover announced(VnicId vnic, List<CopyRound> rounds) {
        return new VnicHandover(vnic, 0, 0, 0, 0, 0, 0, 0, 0, rounds);
    }
}
