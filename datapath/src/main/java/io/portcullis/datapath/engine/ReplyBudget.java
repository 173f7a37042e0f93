package io.portcullis.datapath.engine;

/**
 * Token bucket for the frames that the firewall itself sends (RFC 4443, 2.4 (f); RFC 1812, 4.3.2.8): a flood of refused
 * packets must not become a flood of answers. One thread.
 */
final class ReplyBudget {
    static final int REPLIES_PER_SECOND = 1_000;
    static final int BURST_REPLIES = 200;

    private static final long NANOS_PER_REPLY = 1_000_000_000L / REPLIES_PER_SECOND;
    private static final long FULL_NANOS = BURST_REPLIES * NANOS_PER_REPLY;

    private long creditNanos = FULL_NANOS;
    private long lastNanos;
    private boolean isStarted;

    /** Takes one reply from the budget, if there is one. */
    boolean take(long nowNanos) {
        if (isStarted) {
            long passed = Math.max(0, nowNanos - lastNanos);
            creditNanos = Math.min(FULL_NANOS, creditNanos + Math.min(passed, FULL_NANOS));
        }
        isStarted = true;
        lastNanos = nowNanos;
        if (creditNanos < NANOS_PER_REPLY) {
            return false;
        }
        creditNanos -= NANOS_PER_REPLY;
        return true;
    }
}
