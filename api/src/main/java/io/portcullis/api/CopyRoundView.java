package io.portcullis.api;

/**
 * A round in which a vNIC's connections were sent while its source still enforced.
 *
 * @param entries connections sent: in the first round all, later those that had changed
 * @param removals connections that had been sent before and were over
 * @param bytes that went over the wire
 * @param nanos from its begin until the destination had taken all in
 * @param changed connections that had changed meanwhile, for the next round
 * @param waitNanos of {@code nanos}, while nothing was on its way because leave to send was awaited: for bandwidth, or while other migrations sent
 */
public record CopyRoundView(long entries, long removals, long bytes, long nanos, long changed, long waitNanos) {
    /** That did not have to wait. */
    public CopyRoundView(long entries, long removals, long bytes, long nanos, long changed) {
        this(entries, removals, bytes, nanos, changed, 0);
    }
}
