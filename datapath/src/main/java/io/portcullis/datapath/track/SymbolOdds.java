package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * How often each of up to 256 symbols comes in a column, in parts of 2^12: at least one part for each that comes. With a single symbol all
 * parts are its own, and it takes no bits. One thread.
 */
final class SymbolOdds {
    static final int BITS = 12;
    static final int PARTS = 1 << BITS;
    static final int SYMBOLS = 256;

    private static final int SYMBOL_MASK = SYMBOLS - 1;
    private static final int PARTS_SHIFT = 8;
    private static final int PART_MASK = PARTS - 1;
    private static final int OFFSET_SHIFT = 20;

    /** First how often each came, then its parts. */
    private final int[] parts = new int[SYMBOLS];

    private final int[] starts = new int[SYMBOLS];
    private int total;

    void clear() {
        Arrays.fill(parts, 0);
        total = 0;
    }

    void count(int symbol) {
        parts[symbol]++;
        total++;
    }

    int parts(int symbol) {
        return parts[symbol];
    }

    /** Parts of all symbols below it. */
    int start(int symbol) {
        return starts[symbol];
    }

    boolean isEmpty() {
        return total == 0;
    }

    /** The only symbol, or -1. */
    int single() {
        for (int symbol = 0; symbol < SYMBOLS; symbol++) {
            if (parts[symbol] == PARTS) {
                return symbol;
            }
        }
        return -1;
    }

    /** Turns counts into parts. */
    void share() {
        int left = PARTS;
        int most = 0;
        for (int symbol = 0; symbol < SYMBOLS; symbol++) {
            if (parts[symbol] > 0) {
                parts[symbol] = Math.max(1, (int) ((long) parts[symbol] * PARTS / total));
                left -= parts[symbol];
                most = parts[symbol] > parts[most] ? symbol : most;
            }
        }
        // 256 symbols of one part each leave the likeliest one more than enough
        while (parts[most] + left < 1) {
            int taken = largest();
            parts[taken]--;
            left++;
        }
        parts[most] += left;
        settle();
    }

    private int largest() {
        int largest = 0;
        for (int symbol = 1; symbol < SYMBOLS; symbol++) {
            largest = parts[symbol] > parts[largest] ? symbol : largest;
        }
        return largest;
    }

    private void settle() {
        int start = 0;
        for (int symbol = 0; symbol < SYMBOLS; symbol++) {
            starts[symbol] = start;
            start += parts[symbol];
        }
    }

    /** Writes the parts, or reads them. */
    void code(ColumnCoder coder) {
        int used = 0;
        for (int symbol = 0; symbol < SYMBOLS && !coder.isReading(); symbol++) {
            used += parts[symbol] > 0 ? 1 : 0;
        }
        used = (int) coder.number(used);
        if (coder.isReading()) {
            clear();
            total = PARTS;
        }
        int symbol = -1;
        int left = PARTS;
        for (int i = 0; i < used; i++) {
            int next = symbol + 1;
            while (!coder.isReading() && parts[next] == 0) {
                next++;
            }
            symbol += 1 + (int) coder.number(next - symbol - 1);
            if (symbol >= SYMBOLS || symbol < 0) {
                coder.damaged();
                return;
            }
            // the last one has what is left
            parts[symbol] = i == used - 1 ? left : (int) coder.number(parts[symbol]);
            left -= parts[symbol];
            if (parts[symbol] < 1 || left < 0) {
                coder.damaged();
                return;
            }
        }
        if (used < 1 || left != 0) {
            coder.damaged();
            return;
        }
        settle();
    }

    /** For each part of 2^12: its symbol, the symbol's parts less one, and how many of them are before. */
    void fill(int[] table) {
        for (int symbol = 0; symbol < SYMBOLS; symbol++) {
            int own = parts[symbol];
            int entry = symbol | (own - 1) << PARTS_SHIFT;
            for (int i = 0; i < own; i++) {
                table[starts[symbol] + i] = entry | i << OFFSET_SHIFT;
            }
        }
    }

    static int symbol(int entry) {
        return entry & SYMBOL_MASK;
    }

    static int partsOf(int entry) {
        return (entry >>> PARTS_SHIFT & PART_MASK) + 1;
    }

    static int offset(int entry) {
        return entry >>> OFFSET_SHIFT;
    }
}
