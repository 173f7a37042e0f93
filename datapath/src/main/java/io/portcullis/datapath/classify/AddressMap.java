package io.portcullis.datapath.classify;

import java.util.Arrays;

/**
 * Addresses of one family to their equivalence classes: single addresses in a hash table, and whatever is in none of its
 * entries by a binary search in the borders between ranges. Look-ups allocate nothing.
 */
final class AddressMap {
    private static final int NO_CLASS = -1;

    private final long[] bordersHigh;
    private final long[] bordersLow;
    private final int[] classOfRange;
    private long[] highs;
    private long[] lows;
    private int[] classes;
    private int count;

    /**
     * An address map without single addresses.
     *
     * @param bordersHigh first address of each range but the first one, which begins at 0; unsigned, ascending
     * @param classOfRange one more than borders
     */
    AddressMap(long[] bordersHigh, long[] bordersLow, int[] classOfRange) {
        this.bordersHigh = bordersHigh;
        this.bordersLow = bordersLow;
        this.classOfRange = classOfRange;
        highs = new long[8];
        lows = new long[8];
        classes = new int[8];
        Arrays.fill(classes, NO_CLASS);
    }

    /** The same, independent of this one. */
    AddressMap copy() {
        AddressMap copy = new AddressMap(bordersHigh, bordersLow, classOfRange);
        copy.highs = highs.clone();
        copy.lows = lows.clone();
        copy.classes = classes.clone();
        copy.count = count;
        return copy;
    }

    int classOf(long high, long low) {
        int mask = classes.length - 1;
        for (int i = hash(high, low) & mask; classes[i] != NO_CLASS; i = (i + 1) & mask) {
            if (lows[i] == low && highs[i] == high) {
                return classes[i];
            }
        }
        return classOfRange(high, low);
    }

    /** Of the range around the address, whatever the address itself is. */
    int classOfRange(long high, long low) {
        int from = 0;
        int to = bordersLow.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            int order = Long.compareUnsigned(bordersHigh[middle], high);
            boolean isAtOrBelow = order < 0 || (order == 0 && Long.compareUnsigned(bordersLow[middle], low) <= 0);
            if (isAtOrBelow) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return classOfRange[from];
    }

    void put(long high, long low, int addressClass) {
        if (2 * (count + 1) > classes.length) {
            grow();
        }
        int mask = classes.length - 1;
        int i = hash(high, low) & mask;
        while (classes[i] != NO_CLASS && !(lows[i] == low && highs[i] == high)) {
            i = (i + 1) & mask;
        }
        count += classes[i] == NO_CLASS ? 1 : 0;
        highs[i] = high;
        lows[i] = low;
        classes[i] = addressClass;
    }

    private void grow() {
        long[] oldHighs = highs;
        long[] oldLows = lows;
        int[] oldClasses = classes;
        highs = new long[oldHighs.length * 2];
        lows = new long[highs.length];
        classes = new int[highs.length];
        Arrays.fill(classes, NO_CLASS);
        count = 0;
        for (int i = 0; i < oldClasses.length; i++) {
            if (oldClasses[i] != NO_CLASS) {
                put(oldHighs[i], oldLows[i], oldClasses[i]);
            }
        }
    }

    private static int hash(long high, long low) {
        long mixed = (high * 0x9e37_79b9_7f4a_7c15L + low) * 0xd6e8_feb8_6659_fd93L;
        return (int) (mixed >>> 32);
    }

    long bytes() {
        return HeapSizes.OBJECT
                + HeapSizes.ofLongs(bordersHigh.length) * 2
                + HeapSizes.ofInts(classOfRange.length)
                + HeapSizes.ofLongs(highs.length) * 2
                + HeapSizes.ofInts(classes.length);
    }
}
