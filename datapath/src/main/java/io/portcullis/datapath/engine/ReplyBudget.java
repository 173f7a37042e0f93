package io.portcullis.datapath.engine;

import io.portcullis.datapath.guard.TokenBucket;

/**
 * Bounds the frames that the firewall itself sends (RFC 4443, 2.4 (f); RFC 1812, 4.3.2.8): a flood of refused packets must
 * not become a flood of answers. One thread.
 */
final class ReplyBudget {
    static final int REPLIES_PER_SECOND = 1_000;
    static final int BURST_REPLIES = 200;

    private final TokenBucket bucket = new TokenBucket(REPLIES_PER_SECOND, BURST_REPLIES);

    /** Takes one reply from the budget, if there is one. */
    boolean take(long nowNanos) {
        return bucket.take(nowNanos);
    }
}
