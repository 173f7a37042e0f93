package io.portcullis.datapath.track;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes columns into memory of its own, which is used again. See {@link ColumnCoder}. */
final class ColumnEncoder extends ColumnCoder {
    private static final int ROOM = 1 << 21;
    private static final int COLUMN_BITS_ROOM = MAX_COUNT * Long.BYTES + 2 * Long.BYTES;
    /** One more than there can be, as each may be written before it is known whether it counts. */
    private static final int COLUMN_WORDS_ROOM = (MAX_COUNT + 1) * Short.BYTES;

    private static final int RECIPROCAL_BITS = Integer.SIZE + SymbolOdds.BITS;
    /** By divisor: 2^44 divided by it, rounded up. A state is below 2^32 and its divisor at most 2^12, so that products tell quotients exactly. */
    private static final long[] RECIPROCALS = reciprocals();

    private final byte[] out = new byte[ROOM];
    private int at;

    private final byte[] symbols = new byte[MAX_COUNT];
    private final byte[] bits = new byte[COLUMN_BITS_ROOM];
    /** Filled from its end. */
    private final byte[] words = new byte[COLUMN_WORDS_ROOM];

    private int firstWord;

    private final SymbolOdds[] odds = new SymbolOdds[MAX_CONTEXTS];
    private final OftenNumbers often = new OftenNumbers();

    ColumnEncoder() {
        for (int i = 0; i < MAX_CONTEXTS; i++) {
            odds[i] = new SymbolOdds();
        }
    }

    void begin() {
        at = 0;
    }

    int length() {
        return at;
    }

    /** What was written, in its first {@link #length} bytes. */
    byte[] bytes() {
        return out;
    }

    @Override
    boolean isReading() {
        return false;
    }

    @Override
    void damaged() {
        throw new IllegalStateException("columns that cannot be written");
    }

    @Override
    long number(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        out[at++] = (byte) rest;
        return value;
    }

    @Override
    void raw(int[] values, int count) {
        for (int i = 0; i < count; i++) {
            INT.set(out, at + i * Integer.BYTES, values[i]);
        }
        at += count * Integer.BYTES;
    }

    @Override
    void column(long[] values, int count, Kind kind, byte @Nullable [] contexts) {
        if (count == 0) {
            return;
        }
        if (kind == Kind.FEW) {
            often.find(values, count);
            number(often.count());
            for (int i = 0; i < often.count(); i++) {
                number(often.number(i));
            }
        }
        clearOdds(contexts);
        int bitBytes = kind == Kind.SYMBOLS
                ? symbolsAsTheyAre(values, count, contexts)
                : symbols(values, count, kind == Kind.FEW && often.count() > 0, contexts);
        for (SymbolOdds own : odds) {
            if (!own.isEmpty()) {
                own.share();
                own.code(this);
            }
            if (contexts == null) {
                break;
            }
        }
        if (contexts != null || odds[0].single() < 0) {
            writeSymbols(count, contexts);
        }
        number(bitBytes);
        System.arraycopy(bits, 0, out, at, bitBytes);
        at += bitBytes;
    }

    private void clearOdds(byte @Nullable [] contexts) {
        if (contexts == null) {
            odds[0].clear();
            return;
        }
        for (SymbolOdds own : odds) {
            own.clear();
        }
    }

    private int symbolsAsTheyAre(long[] values, int count, byte @Nullable [] contexts) {
        for (int i = 0; i < count; i++) {
            symbols[i] = (byte) values[i];
            odds[contexts == null ? 0 : contexts[i]].count((int) values[i] & 0xff);
        }
        return 0;
    }

    /** Notes symbols, counts them and writes the bits behind them; how many bytes these take. */
    private int symbols(long[] values, int count, boolean hasOften, byte @Nullable [] contexts) {
        int oftenCount = hasOften ? often.count() : 0;
        long pending = 0;
        int pendingBits = 0;
        int end = 0;
        for (int i = 0; i < count; i++) {
            long value = values[i];
            int place = hasOften ? often.place(value) : -1;
            int symbol = place;
            if (place < 0) {
                int byLength = lengthSymbol(value);
                symbol = oftenCount + byLength;
                int rest = restBits(byLength);
                long low = value & (1L << rest) - 1;
                if (rest > Integer.SIZE) {
                    pending |= (low & 0xffff_ffffL) << pendingBits;
                    INT.set(bits, end, (int) pending);
                    end += Integer.BYTES;
                    pending >>>= Integer.SIZE;
                    low >>>= Integer.SIZE;
                    rest -= Integer.SIZE;
                }
                pending |= low << pendingBits;
                pendingBits += rest;
                if (pendingBits >= Integer.SIZE) {
                    INT.set(bits, end, (int) pending);
                    end += Integer.BYTES;
                    pending >>>= Integer.SIZE;
                    pendingBits -= Integer.SIZE;
                }
            }
            symbols[i] = (byte) symbol;
            odds[contexts == null ? 0 : contexts[i]].count(symbol);
        }
        LONG.set(bits, end, pending);
        return end + (pendingBits + Byte.SIZE - 1) / Byte.SIZE;
    }

    /** From the last one to the first, so that they are read the other way. */
    private void writeSymbols(int count, byte @Nullable [] contexts) {
        long even = LEAST_STATE;
        long odd = LEAST_STATE;
        firstWord = words.length;
        int i = count - 1;
        if ((i & 1) == 0) {
            even = next(even, i--, contexts);
        }
        for (; i > 0; i -= 2) {
            odd = next(odd, i, contexts);
            even = next(even, i - 1, contexts);
        }
        INT.set(out, at, (int) even);
        INT.set(out, at + Integer.BYTES, (int) odd);
        at += 2 * Integer.BYTES;
        int length = words.length - firstWord;
        number(length / Short.BYTES);
        System.arraycopy(words, firstWord, out, at, length);
        at += length;
    }

    /** The state behind a symbol: without a division, and without a branch that nobody can foresee. */
    private long next(long before, int i, byte @Nullable [] contexts) {
        SymbolOdds own = odds[contexts == null ? 0 : contexts[i]];
        int symbol = symbols[i] & 0xff;
        int parts = own.parts(symbol);
        SHORT.set(words, firstWord - Short.BYTES, (short) before);
        long most = ((long) parts << (2 * WORD_BITS - SymbolOdds.BITS)) - 1;
        int isHigh = (int) ((most - before) >>> (Long.SIZE - 1));
        firstWord -= isHigh * Short.BYTES;
        long state = before >>> (isHigh * WORD_BITS);
        long whole = (state * RECIPROCALS[parts]) >>> RECIPROCAL_BITS;
        return (whole << SymbolOdds.BITS) + (state - whole * parts) + own.start(symbol);
    }

    private static long[] reciprocals() {
        long[] reciprocals = new long[SymbolOdds.PARTS + 1];
        for (int divisor = 1; divisor <= SymbolOdds.PARTS; divisor++) {
            reciprocals[divisor] = Math.ceilDiv(1L << RECIPROCAL_BITS, (long) divisor);
        }
        return reciprocals;
    }

    /** Those numbers of a column that come so often that symbols of their own pay. Found in a sample. */
    private static final class OftenNumbers {
        private static final int SAMPLES = 1_024;
        private static final int PLACES = 2 * SAMPLES;
        /** Bits that a symbol of its own takes at the head of the column, about. */
        private static final int COST_BITS = 96;

        private static final int INDEX_BITS = 11;

        private final long[] numbers = new long[PLACES];
        private final int[] counts = new int[PLACES];
        private final byte[] places = new byte[PLACES];
        private final long[] ranked = new long[PLACES];
        private final long[] found = new long[MAX_OFTEN];
        private int count;

        void find(long[] values, int size) {
            Arrays.fill(counts, 0);
            int step = Math.max(1, size / SAMPLES);
            for (int i = 0, taken = 0; i < size && taken < SAMPLES; i += step, taken++) {
                if (values[i] >= SMALL) {
                    int at = at(values[i]);
                    numbers[at] = values[i];
                    counts[at]++;
                }
            }
            int candidates = 0;
            for (int at = 0; at < PLACES; at++) {
                places[at] = -1;
                if (counts[at] > 1 && (long) counts[at] * step * restBits(lengthSymbol(numbers[at])) > COST_BITS) {
                    ranked[candidates++] = (long) counts[at] << INDEX_BITS | at;
                }
            }
            Arrays.sort(ranked, 0, candidates);
            count = Math.min(candidates, MAX_OFTEN);
            for (int i = 0; i < count; i++) {
                int at = (int) ranked[candidates - 1 - i] & PLACES - 1;
                places[at] = (byte) i;
                found[i] = numbers[at];
            }
        }

        int count() {
            return count;
        }

        long number(int place) {
            return found[place];
        }

        /** -1 if it has none. */
        int place(long value) {
            if (value < SMALL) {
                return -1;
            }
            int at = at(value);
            return counts[at] == 0 ? -1 : places[at];
        }

        /** Where it is, or would be. */
        private int at(long value) {
            int at = (int) ((value * 0x9e37_79b9_7f4a_7c15L) >>> (Long.SIZE - INDEX_BITS));
            while (counts[at] != 0 && numbers[at] != value) {
                at = at + 1 & PLACES - 1;
            }
            return at;
        }
    }
}
