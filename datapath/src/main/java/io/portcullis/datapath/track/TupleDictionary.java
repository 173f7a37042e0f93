package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * Tuples of numbers of which few are in use in a chunk: each is written once, and named by its number, in the order in which they came first. One chunk, one
 * direction, one thread.
 */
final class TupleDictionary {
    /** Tuples in one chunk; what has another one is written in another chunk. */
    static final int CAPACITY = 1_024;

    static final int FULL = -1;

    private static final int PLACES = 4 * CAPACITY;

    private final int width;
    private final long[] words;
    private final short[] places = new short[PLACES];
    private final long[] wanted;
    private int size;
    private int latest;

    /** @param width numbers in a tuple */
    TupleDictionary(int width) {
        this.width = width;
        words = new long[CAPACITY * width];
        wanted = new long[width];
    }

    void clear() {
        if (size > 0) {
            Arrays.fill(places, (short) 0);
        }
        size = 0;
        latest = 0;
    }

    int size() {
        return size;
    }

    long word(int number, int place) {
        return words[number * width + place];
    }

    /** What a column of its numbers is like. */
    ColumnCoder.Kind numbersAre() {
        return size <= SymbolOdds.SYMBOLS ? ColumnCoder.Kind.SYMBOLS : ColumnCoder.Kind.MANY;
    }

    // ---- numbers of tuples, which are added where they are not there yet; FULL if there is no room

    int of(long only) {
        wanted[0] = only;
        return find();
    }

    int of(long first, long second) {
        wanted[0] = first;
        wanted[1] = second;
        return find();
    }

    int of(long first, long second, long third, long fourth) {
        wanted[0] = first;
        wanted[1] = second;
        wanted[2] = third;
        wanted[3] = fourth;
        return find();
    }

    private int find() {
        if (size > 0 && is(latest)) {
            return latest;
        }
        long hash = 0;
        for (int i = 0; i < width; i++) {
            hash = (hash ^ wanted[i]) * 0x9e37_79b9_7f4a_7c15L;
            hash ^= hash >>> 29;
        }
        int at = (int) hash & PLACES - 1;
        while (places[at] != 0) {
            if (is(places[at] - 1)) {
                latest = places[at] - 1;
                return latest;
            }
            at = at + 1 & PLACES - 1;
        }
        if (size == CAPACITY) {
            return FULL;
        }
        System.arraycopy(wanted, 0, words, size * width, width);
        latest = size++;
        places[at] = (short) size;
        return latest;
    }

    private boolean is(int number) {
        for (int i = 0; i < width; i++) {
            if (words[number * width + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    void code(ColumnCoder coder) {
        long coded = coder.number(size);
        if (coded < 0 || coded > CAPACITY) {
            coder.damaged();
            return;
        }
        size = (int) coded;
        for (int i = 0; i < size * width; i++) {
            words[i] = coder.number(words[i]);
        }
    }
}
