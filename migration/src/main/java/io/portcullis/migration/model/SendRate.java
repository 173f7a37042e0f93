package io.portcullis.migration.model;

/**
 * Bytes a second that are sent, on average: what is sent is paid off before anything else is. Whoever sends late may not catch up for more than a
 * tenth of a second. Not thread-safe.
 */
public final class SendRate {
    private static final long CATCH_UP_NANOS = 100_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private long bytesPerSecond;
    private boolean hasBegun;
    private long paidOffNanos;

    /** @param bytesPerSecond 0 for no limit */
    public SendRate(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** From now on it is so many bytes a second, 0 for no limit; what is not paid off yet is paid off at this rate. */
    public void change(long nextBytesPerSecond, long nowNanos) {
        if (nextBytesPerSecond == bytesPerSecond) {
            return;
        }
        long openNanos = waitNanos(nowNanos);
        if (nextBytesPerSecond == 0) {
            hasBegun = false;
        } else if (openNanos > 0) {
            paidOffNanos = nowNanos + (long) (openNanos * ((double) bytesPerSecond / nextBytesPerSecond));
        }
        bytesPerSecond = nextBytesPerSecond;
    }

    /** How long nothing may be sent; 0 or less if something may be now. Times are of any clock that only grows. */
    public long waitNanos(long nowNanos) {
        return hasBegun ? paidOffNanos - nowNanos : 0;
    }

    /** So much is sent. */
    public void sent(long bytes, long nowNanos) {
        if (bytesPerSecond > 0) {
            long earliest = nowNanos - CATCH_UP_NANOS;
            long from = hasBegun && paidOffNanos - earliest > 0 ? paidOffNanos : earliest;
            hasBegun = true;
            paidOffNanos = from + (long) (bytes * NANOS_PER_SECOND / bytesPerSecond);
        }
    }
}
