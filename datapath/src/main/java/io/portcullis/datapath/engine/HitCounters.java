package io.portcullis.datapath.engine;

import io.portcullis.datapath.classify.CompiledRules;
import org.jspecify.annotations.Nullable;

/**
 * How often each rule of a table decided and when it was last of use; the place behind the last rule is the default's. Memory is taken for those
 * stretches of the table only that were hit: of ten thousand rules few concern one vNIC. One thread; allocates with the first hit of a stretch.
 */
final class HitCounters {
    private static final int STRETCH_SHIFT = 6;
    private static final int STRETCH = 1 << STRETCH_SHIFT;
    private static final int STRETCH_MASK = STRETCH - 1;

    private static final long[][] NO_STRETCHES = {};
    private static final long[] NONE_TOUCHED = {};

    private final int count;
    // ---- empty before the first hit ----
    /** The hits of a stretch, then the times; null where nothing was hit. Where the table ends, so does its last stretch. */
    private long[][] stretches = NO_STRETCHES;
    /** A bit for each stretch that was hit since the last {@link #drain}. */
    private long[] touched = NONE_TOUCHED;

    HitCounters(int count) {
        this.count = count;
    }

    /** Takes what was counted of one place. */
    @FunctionalInterface
    interface Drain {
        void take(int place, long hits, long lastNanos);
    }

    /**
     * These, for a table that comes after the one that they were counted for: what rules counted goes to those with the same id, and the rest is
     * forgotten. On the loop's thread: only rules that counted something cost a search.
     *
     * @return the very counters if both tables have the same rules
     */
    HitCounters carriedOver(CompiledRules from, CompiledRules to) {
        if (to.hasRulesOf(from)) {
            return this;
        }
        HitCounters carried = new HitCounters(to.table().rules().size() + 1);
        int last = count - 1;
        // rules that came or went move all behind them by as much
        int shift = 0;
        for (int i = next(0); i < last; i = next(i + 1)) {
            int index = isUntouched(i) ? -1 : to.indexOf(from.facts().id(i), i + shift);
            if (index >= 0) {
                shift = index - i;
                carried.add(index, of(i), lastNanos(i));
            }
        }
        if (!isUntouched(last)) {
            carried.add(carried.count - 1, of(last), lastNanos(last));
        }
        return carried;
    }

    int count() {
        return count;
    }

    /** @param nowNanos not before that of an earlier call for the same place */
    void add(int place, long hits, long nowNanos) {
        long[] stretch = stretch(place);
        int at = place & STRETCH_MASK;
        stretch[at] += hits;
        stretch[(stretch.length >> 1) + at] = nowNanos;
    }

    /** The rule was of use then, without a decision: a connection that it allows had a packet. */
    void seen(int place, long atNanos) {
        if (isUntouched(place) || atNanos - lastNanos(place) > 0) {
            long[] stretch = stretch(place);
            stretch[(stretch.length >> 1) + (place & STRETCH_MASK)] = atNanos;
        }
    }

    private long[] stretch(int place) {
        int number = place >>> STRETCH_SHIFT;
        if (stretches.length == 0) {
            stretches = new long[(count >>> STRETCH_SHIFT) + 1][];
            touched = new long[(stretches.length >>> 6) + 1];
        }
        touched[number >>> 6] |= 1L << number;
        long[] stretch = stretches[number];
        return stretch == null ? begin(number) : stretch;
    }

    private long[] begin(int number) {
        long[] stretch = new long[2 * Math.min(STRETCH, count - (number << STRETCH_SHIFT))];
        stretches[number] = stretch;
        return stretch;
    }

    long of(int place) {
        long[] stretch = stretchOrNull(place);
        return stretch == null ? 0 : stretch[place & STRETCH_MASK];
    }

    private long lastNanos(int place) {
        long[] stretch = stretchOrNull(place);
        return stretch == null ? 0 : stretch[(stretch.length >> 1) + (place & STRETCH_MASK)];
    }

    private long @Nullable [] stretchOrNull(int place) {
        return stretches.length == 0 ? null : stretches[place >>> STRETCH_SHIFT];
    }

    private boolean isUntouched(int place) {
        return of(place) == 0 && lastNanos(place) == 0;
    }

    /** The next place from this one on that may have been hit, or {@link #count}. */
    int next(int place) {
        int next = place;
        while (next < count && stretchOrNull(next) == null) {
            next = (next | STRETCH_MASK) + 1;
        }
        return Math.min(next, count);
    }

    /** Hands over all that was counted since the last time; the counts begin anew. */
    void drain(Drain to) {
        for (int word = 0; word < touched.length; word++) {
            for (long left = touched[word]; left != 0; left &= left - 1) {
                drain((word << 6) + Long.numberOfTrailingZeros(left), to);
            }
            touched[word] = 0;
        }
    }

    private void drain(int number, Drain to) {
        long[] stretch = stretches[number];
        int places = stretch.length >> 1;
        for (int at = 0; at < places; at++) {
            long hits = stretch[at];
            long lastNanos = stretch[places + at];
            if (hits != 0 || lastNanos != 0) {
                stretch[at] = 0;
                stretch[places + at] = 0;
                to.take((number << STRETCH_SHIFT) + at, hits, lastNanos);
            }
        }
    }
}
