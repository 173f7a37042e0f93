package io.portcullis.datapath.guard;

/**
 * Allows so many things per second, and some at once. Time is the caller's, in nanoseconds of a monotonic clock. One thread, no
 * allocation per call.
 */
public final class TokenBucket {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long nanosPerToken;
    private final long fullNanos;
    private long creditNanos;
    private long lastNanos;
    private boolean isStarted;

    /**
     * @param perSecond tokens that come per second, 1 to a billion
     * @param burst tokens that a full bucket holds, at least 1
     */
    public TokenBucket(int perSecond, int burst) {
        if (perSecond < 1 || perSecond > NANOS_PER_SECOND || burst < 1) {
            throw new IllegalArgumentException(perSecond + " tokens a second and " + burst + " at once");
        }
        nanosPerToken = NANOS_PER_SECOND / perSecond;
        fullNanos = burst * nanosPerToken;
        creditNanos = fullNanos;
    }

    /** Takes one token, if there is one. A clock that goes back brings none. */
    public boolean take(long nowNanos) {
        refill(nowNanos);
        if (creditNanos < nanosPerToken) {
            return false;
        }
        creditNanos -= nanosPerToken;
        return true;
    }

    /** Whether less than half of a full bucket is left. */
    public boolean isBelowHalf(long nowNanos) {
        refill(nowNanos);
        return creditNanos < fullNanos / 2;
    }

    private void refill(long nowNanos) {
        if (isStarted) {
            long passedNanos = Math.clamp(nowNanos - lastNanos, 0, fullNanos);
            creditNanos = Math.min(fullNanos, creditNanos + passedNanos);
        }
        isStarted = true;
        lastNanos = nowNanos;
    }
}
