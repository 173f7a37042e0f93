package io.portcullis.datapath.engine;

/**
 * Which parts of each datagram have been seen: for each entry at most {@value #MAX_RUNS} runs of bytes without a gap, in order,
 * that neither touch nor overlap. Flat arrays, no allocation per call, one thread.
 */
final class FragmentRuns {
    /** A datagram with more gaps than that is dropped: reordering makes few, and only an attack makes many. */
    static final int MAX_RUNS = 16;

    /** What a fragment is to what was seen before. */
    enum Fit {
        ADDED,
        /** All of it was seen before. */
        DUPLICATE,
        /** Some of it was seen before. */
        OVERLAP,
        /** One gap too many. */
        TOO_MANY_GAPS
    }

    private final int[] starts;
    private final int[] ends;
    private final int[] counts;

    FragmentRuns(int entries) {
        starts = new int[entries * MAX_RUNS];
        ends = new int[entries * MAX_RUNS];
        counts = new int[entries];
    }

    void clear(int entry) {
        counts[entry] = 0;
    }

    /** Adds the bytes from {@code start} (inclusive) to {@code end} (exclusive). */
    Fit add(int entry, int start, int end) {
        int base = entry * MAX_RUNS;
        int count = counts[entry];
        int at = 0;
        while (at < count && ends[base + at] < start) {
            at++;
        }
        // the first run that ends at or behind the new one's start
        boolean joinsBefore = at < count && ends[base + at] == start;
        int after = joinsBefore ? at + 1 : at;
        if (after < count && starts[base + after] < end) {
            boolean isKnown = starts[base + after] <= start && end <= ends[base + after];
            return isKnown ? Fit.DUPLICATE : Fit.OVERLAP;
        }
        boolean joinsAfter = after < count && starts[base + after] == end;
        if (joinsBefore && joinsAfter) {
            ends[base + at] = ends[base + after];
            shift(base, after + 1, count, -1);
            counts[entry]--;
        } else if (joinsBefore) {
            ends[base + at] = end;
        } else if (joinsAfter) {
            starts[base + after] = start;
        } else if (count == MAX_RUNS) {
            return Fit.TOO_MANY_GAPS;
        } else {
            shift(base, at, count, 1);
            starts[base + at] = start;
            ends[base + at] = end;
            counts[entry]++;
        }
        return Fit.ADDED;
    }

    private void shift(int base, int from, int to, int by) {
        System.arraycopy(starts, base + from, starts, base + from + by, to - from);
        System.arraycopy(ends, base + from, ends, base + from + by, to - from);
    }

    /** Whether all bytes from 0 to {@code length} have been seen, and none behind. */
    boolean isWhole(int entry, int length) {
        return counts[entry] == 1 && starts[entry * MAX_RUNS] == 0 && ends[entry * MAX_RUNS] == length;
    }

    /** Behind the last byte that was seen. */
    int end(int entry) {
        return counts[entry] == 0 ? 0 : ends[entry * MAX_RUNS + counts[entry] - 1];
    }
}
