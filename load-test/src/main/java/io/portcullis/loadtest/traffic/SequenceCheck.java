package io.portcullis.loadtest.traffic;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what is missing, double or late in a series numbered from 0. One thread writes, others may read the counts after it ended. */
final class SequenceCheck {
    private final BitSet seen = new BitSet();
    private long received;
    private long duplicated;
    private long reordered;
    private int highest = -1;
    private long lastNanos;
    private long longestGapNanos;
    private final AtomicLong recentGapNanos = new AtomicLong();

    void onReceived(int sequence, long nowNanos) {
        received++;
        if (lastNanos != 0) {
            long gap = nowNanos - lastNanos;
            longestGapNanos = Math.max(longestGapNanos, gap);
            recentGapNanos.accumulateAndGet(gap, Math::max);
        }
        lastNanos = nowNanos;
        if (seen.get(sequence)) {
            duplicated++;
        } else if (sequence < highest) {
            reordered++;
        }
        seen.set(sequence);
        highest = Math.max(highest, sequence);
    }

    /** Longest gap since the last call. Any thread. */
    long takeLongestGapNanos() {
        return recentGapNanos.getAndSet(0);
    }

    long distinct() {
        return seen.cardinality();
    }

    TrafficResult result(long sent) {
        return new TrafficResult(sent, received, sent - distinct(), duplicated, reordered, 0, longestGapNanos);
    }
}
