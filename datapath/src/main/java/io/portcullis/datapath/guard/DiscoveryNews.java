package io.portcullis.datapath.guard;

import io.portcullis.policy.DiscoveredAddress;
import java.util.List;
import java.util.function.Supplier;

/**
 * What others are told of the addresses that a vNIC was found to have. Each change is a revision of the tenant and may change rules on many
 * hosts, so a VM that claims ever new addresses must not be able to make ever more of them: {@value #CHANGES_AT_ONCE} changes are told at once, then
 * one in {@value #SECONDS_PER_CHANGE} seconds. What comes meanwhile waits and goes with the next one. One thread.
 */
final class DiscoveryNews {
    static final int CHANGES_AT_ONCE = 8;
    static final int SECONDS_PER_CHANGE = 600;

    private static final long NANOS_PER_CHANGE = SECONDS_PER_CHANGE * 1_000_000_000L;

    private List<DiscoveredAddress> told = List.of();
    private boolean hasNews;
    private boolean isPutOff;
    private long putOff;
    private int left = CHANGES_AT_ONCE;
    private long refilledNanos;
    private boolean isStarted;

    /** Something is perhaps other than what was told last. */
    void note() {
        hasNews = true;
    }

    /** Tells what there is now, as it came from those who are told. */
    void tellAtOnce(List<DiscoveredAddress> now) {
        told = now;
        hasNews = false;
        isPutOff = false;
    }

    /** Tells what has changed, if it may; call it every second or so. */
    void tell(Supplier<List<DiscoveredAddress>> now, long nowNanos) {
        refill(nowNanos);
        if (!hasNews) {
            return;
        }
        List<DiscoveredAddress> next = now.get();
        if (next.size() == told.size() && told.containsAll(next)) {
            tellAtOnce(told);
        } else if (left > 0) {
            left--;
            tellAtOnce(next);
        } else if (!isPutOff) {
            isPutOff = true;
            putOff++;
        }
    }

    private void refill(long nowNanos) {
        if (!isStarted) {
            isStarted = true;
            refilledNanos = nowNanos;
        }
        while (left < CHANGES_AT_ONCE && nowNanos - refilledNanos >= NANOS_PER_CHANGE) {
            left++;
            refilledNanos += NANOS_PER_CHANGE;
        }
        if (left == CHANGES_AT_ONCE) {
            refilledNanos = nowNanos;
        }
    }

    List<DiscoveredAddress> told() {
        return told;
    }

    /** Changes that had to wait. */
    long putOff() {
        return putOff;
    }
}
