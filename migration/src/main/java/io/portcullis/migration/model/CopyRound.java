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
 */
public record CopyRound(long entries, long removals, long bytes, long nanos, long changed) {
    /** Both as one; {@code next} is the later one. */
    public CopyRound and(CopyRound next) {
        return new CopyRound(
                entries + next.entries, removals + next.removals, bytes + next.bytes, nanos + next.nanos, next.changed);
    }
}
