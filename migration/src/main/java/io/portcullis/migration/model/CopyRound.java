package io.portcullis.migration.model;

/**
 * A round of a pre-copy of one vNIC: what had changed since the round before, and in the first one everything, is sent while the source
 * enforces.
 *
 * @param entries connections sent
 * @param removals connections that had been sent before and were over
 * @param bytes that went over the wire for them
 * @param nanos from the begin of the round until the destination had taken all of it
 * @param changed connections that had changed meanwhile, as far as it was known when the last piece was made: the next round's
 * @param waitNanos of {@code nanos}, while nothing was on its way because leave to send was awaited: for bandwidth, or while others sent; 0 in journals from
 *     before that was known
 */
public record CopyRound(long entries, long removals, long bytes, long nanos, long changed, long waitNanos) {
    /** That did not have to wait. */
    public CopyRound(long entries, long removals, long bytes, long nanos, long changed) {
        this(entries, removals, bytes, nanos, changed, 0);
    }

    /** Both as one; {@code next} is the later one. */
    public CopyRound and(CopyRound next) {
        return new CopyRound(
                entries + next.entries,
                removals + next.removals,
                bytes + next.bytes,
                nanos + next.nanos,
                next.changed,
                waitNanos + next.waitNanos);
    }
}
