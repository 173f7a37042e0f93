package io.portcullis.policy.analyze;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Finds which of many sets have a number of an interval, by a tree of their intervals (sorted, each node with the last end below it). */
final class IntervalIndex {
    /** Is told of a set; false ends the search. */
    @FunctionalInterface
    interface Visitor {
        boolean found(int set);
    }

    private final long[] firsts;
    private final long[] lasts;
    private final int[] sets;
    /** Greatest last of the part of the array whose middle this is. */
    private final long[] greatest;

    private final long[] sortedLasts;

    IntervalIndex(List<NumberSet> all) {
        int count = all.stream().mapToInt(NumberSet::intervals).sum();
        long[] unsortedFirsts = new long[count];
        long[] unsortedLasts = new long[count];
        int[] unsortedSets = new int[count];
        int at = 0;
        for (int set = 0; set < all.size(); set++) {
            for (int i = 0; i < all.get(set).intervals(); i++) {
                unsortedFirsts[at] = all.get(set).first(i);
                unsortedLasts[at] = all.get(set).last(i);
                unsortedSets[at++] = set;
            }
        }
        int[] order = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingLong(index -> unsortedFirsts[index]))
                .mapToInt(Integer::intValue)
                .toArray();
        firsts = new long[count];
        lasts = new long[count];
        sets = new int[count];
        for (int i = 0; i < count; i++) {
            firsts[i] = unsortedFirsts[order[i]];
            lasts[i] = unsortedLasts[order[i]];
            sets[i] = unsortedSets[order[i]];
        }
        greatest = new long[count];
        fill(0, count);
        sortedLasts = unsortedLasts;
        Arrays.sort(sortedLasts);
    }

    private long fill(int from, int to) {
        if (from >= to) {
            return Long.MIN_VALUE;
        }
        int middle = (from + to) >>> 1;
        greatest[middle] = Math.max(lasts[middle], Math.max(fill(from, middle), fill(middle + 1, to)));
        return greatest[middle];
    }

    /** How many sets have the number. */
    int count(long number) {
        return atMost(firsts, number) - atMost(sortedLasts, number - 1);
    }

    private static int atMost(long[] sorted, long number) {
        int from = 0;
        int to = sorted.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (sorted[middle] <= number) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    /** Visits the sets with a number from {@code first} to {@code last}, some of them more than once; false if the visitor ended it. */
    boolean visit(long first, long last, Visitor visitor) {
        return visit(0, firsts.length, first, last, visitor);
    }

    private boolean visit(int from, int to, long first, long last, Visitor visitor) {
        if (from >= to) {
            return true;
        }
        int middle = (from + to) >>> 1;
        if (greatest[middle] < first) {
            return true;
        }
        if (!visit(from, middle, first, last, visitor)) {
            return false;
        }
        if (firsts[middle] > last) {
            return true;
        }
        if (lasts[middle] >= first && !visitor.found(sets[middle])) {
            return false;
        }
        return visit(middle + 1, to, first, last, visitor);
    }
}
