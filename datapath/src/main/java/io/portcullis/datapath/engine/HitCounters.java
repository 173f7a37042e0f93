package io.portcullis.datapath.engine;

import io.portcullis.datapath.classify.CompiledRules;

/**
 * How often each rule of a table decided; the place behind the last rule is the default's. Memory is taken for those stretches of the
 * table only that were hit: of ten thousand rules few concern one vNIC. One thread; allocates with the first hit of a stretch.
 */
final class HitCounters {
    private static final int STRETCH_SHIFT = 6;
    private static final int STRETCH_MASK = (1 << STRETCH_SHIFT) - 1;

    /** Null where nothing was hit. */
    private final long[][] stretches;

    private final int count;

    HitCounters(int count) {
        this.count = count;
        stretches = new long[(count >>> STRETCH_SHIFT) + 1][];
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
            int index = of(i) == 0 ? -1 : to.indexOf(from.facts().id(i), i + shift);
            if (index >= 0) {
                shift = index - i;
                carried.add(index, of(i));
            }
        }
        carried.add(carried.count - 1, of(last));
        return carried;
    }

    int count() {
        return count;
    }

    void add(int place, long hits) {
        long[] stretch = stretches[place >>> STRETCH_SHIFT];
        if (stretch == null) {
            stretch = new long[1 << STRETCH_SHIFT];
            stretches[place >>> STRETCH_SHIFT] = stretch;
        }
        stretch[place & STRETCH_MASK] += hits;
    }

    long of(int place) {
        long[] stretch = stretches[place >>> STRETCH_SHIFT];
        return stretch == null ? 0 : stretch[place & STRETCH_MASK];
    }

    /** The next place from this one on that may have been hit, or {@link #count}. */
    int next(int place) {
        int next = place;
        while (next < count && stretches[next >>> STRETCH_SHIFT] == null) {
            next = (next | STRETCH_MASK) + 1;
        }
        return Math.min(next, count);
    }
}
