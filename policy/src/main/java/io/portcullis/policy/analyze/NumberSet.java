package io.portcullis.policy.analyze;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** A set of numbers from 0 on, as closed intervals that neither overlap nor touch. Immutable; equal sets are equal. */
final class NumberSet {
    static final NumberSet EMPTY = new NumberSet(new long[0]);

    /** Spreads hashes (Knuth, TAOCP 6.4). */
    private static final int MULTIPLIER = 0x9e37_79b9;

    /** First, last, first, last, …, ascending. */
    private final long[] bounds;

    private NumberSet(long[] bounds) {
        this.bounds = bounds;
    }

    static NumberSet of(long first, long last) {
        return new NumberSet(new long[] {first, last});
    }

    static NumberSet single(long number) {
        return of(number, number);
    }

    /** The union of intervals in any order, given as first, last, first, last, …. */
    static NumberSet ofIntervals(long... firstsAndLasts) {
        int count = firstsAndLasts.length / 2;
        long[][] intervals = new long[count][];
        for (int i = 0; i < count; i++) {
            intervals[i] = new long[] {firstsAndLasts[2 * i], firstsAndLasts[2 * i + 1]};
        }
        Arrays.sort(intervals, (a, b) -> Long.compare(a[0], b[0]));
        Builder merged = new Builder(count);
        for (long[] interval : intervals) {
            merged.add(interval[0], interval[1]);
        }
        return merged.build();
    }

    /** These numbers, in any order. */
    static NumberSet of(LongStream numbers) {
        return ofIntervals(
                numbers.flatMap(number -> LongStream.of(number, number)).toArray());
    }

    static NumberSet union(List<NumberSet> sets) {
        int length = sets.stream().mapToInt(set -> set.bounds.length).sum();
        long[] all = new long[length];
        int at = 0;
        for (NumberSet set : sets) {
            System.arraycopy(set.bounds, 0, all, at, set.bounds.length);
            at += set.bounds.length;
        }
        return ofIntervals(all);
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    int intervals() {
        return bounds.length / 2;
    }

    long first(int interval) {
        return bounds[2 * interval];
    }

    long last(int interval) {
        return bounds[2 * interval + 1];
    }

    long least() {
        return bounds[0];
    }

    long greatest() {
        return bounds[bounds.length - 1];
    }

    /** How many numbers there are. */
    long count() {
        long count = 0;
        for (int i = 0; i < intervals(); i++) {
            count += last(i) - first(i) + 1;
        }
        return count;
    }

    boolean contains(long number) {
        int interval = endingNotBefore(number);
        return interval < intervals() && first(interval) <= number;
    }

    boolean containsAll(NumberSet other) {
        for (int i = 0; i < other.intervals(); i++) {
            int interval = endingNotBefore(other.last(i));
            if (interval == intervals() || first(interval) > other.first(i)) {
                return false;
            }
        }
        return true;
    }

    boolean intersects(NumberSet other) {
        boolean isShorter = intervals() <= other.intervals();
        NumberSet few = isShorter ? this : other;
        NumberSet many = isShorter ? other : this;
        for (int i = 0; i < few.intervals(); i++) {
            int interval = many.endingNotBefore(few.first(i));
            if (interval < many.intervals() && many.first(interval) <= few.last(i)) {
                return true;
            }
        }
        return false;
    }

    NumberSet and(NumberSet other) {
        if (containsSpanOf(other)) {
            return other;
        }
        if (other.containsSpanOf(this)) {
            return this;
        }
        boolean isShorter = intervals() <= other.intervals();
        NumberSet few = isShorter ? this : other;
        NumberSet many = isShorter ? other : this;
        Builder common = new Builder(few.intervals());
        for (int i = 0; i < few.intervals(); i++) {
            for (int j = many.endingNotBefore(few.first(i));
                    j < many.intervals() && many.first(j) <= few.last(i);
                    j++) {
                common.add(Math.max(few.first(i), many.first(j)), Math.min(few.last(i), many.last(j)));
            }
        }
        return common.build();
    }

    NumberSet minus(NumberSet other) {
        if (!intersects(other)) {
            return this;
        }
        Builder rest = new Builder(intervals());
        for (int i = 0; i < intervals(); i++) {
            long from = first(i);
            int j = other.endingNotBefore(from);
            while (j < other.intervals() && other.first(j) <= last(i)) {
                if (other.first(j) > from) {
                    rest.add(from, other.first(j) - 1);
                }
                from = other.last(j) + 1;
                j++;
            }
            if (from <= last(i)) {
                rest.add(from, last(i));
            }
        }
        return rest.build();
    }

    private boolean containsSpanOf(NumberSet other) {
        return intervals() == 1 && (other.isEmpty() || (bounds[0] <= other.least() && bounds[1] >= other.greatest()));
    }

    /** The first interval whose end is not before the number, or how many there are. */
    private int endingNotBefore(long number) {
        int from = 0;
        int to = intervals();
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (last(middle) < number) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NumberSet set && Arrays.equals(bounds, set.bounds);
    }

    @Override
    public int hashCode() {
        // single numbers would differ in their upper bits alone
        return Arrays.hashCode(bounds) * MULTIPLIER;
    }

    @Override
    public String toString() {
        return Arrays.toString(bounds);
    }

    /** Takes intervals whose beginnings ascend. */
    private static final class Builder {
        private long[] bounds;
        private int length;

        Builder(int intervals) {
            bounds = new long[2 * Math.max(1, intervals)];
        }

        void add(long first, long last) {
            if (length > 0 && first <= bounds[length - 1] + 1) {
                bounds[length - 1] = Math.max(bounds[length - 1], last);
                return;
            }
            if (length == bounds.length) {
                bounds = Arrays.copyOf(bounds, 2 * length);
            }
            bounds[length++] = first;
            bounds[length++] = last;
        }

        NumberSet build() {
            return length == 0 ? EMPTY : new NumberSet(Arrays.copyOf(bounds, length));
        }
    }
}
