package io.portcullis.datapath.track;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads columns from any bytes; what no encoder writes makes it {@linkplain #isDamaged damaged}, at the end of a column at the latest. Behind the bytes of
 * a chunk is as much room as one column may go astray in. See {@link ColumnCoder}.
 */
final class ColumnDecoder extends ColumnCoder {
    private static final int ASTRAY_BYTES = 2 * MAX_COUNT * Long.BYTES;
    private static final int MAX_VARINT_SHIFT = 63;

    private final byte[] in = new byte[TableCodec.MAX_CHUNK_BYTES + ASTRAY_BYTES];
    private int at;
    private int end;
    private boolean isDamaged;

    private final byte[] symbols = new byte[MAX_COUNT];
    private final SymbolOdds odds = new SymbolOdds();
    private final int[] @Nullable [] tables = new int[MAX_CONTEXTS][];
    private final boolean[] isUsed = new boolean[MAX_CONTEXTS];
    /** By symbol: the number that has zeros in all other bits, and how many these are. */
    private final long[] bases = new long[SymbolOdds.SYMBOLS];

    private final int[] restBits = new int[SymbolOdds.SYMBOLS];

    /** Takes all bytes that are left of a chunk. */
    void begin(ByteBuffer chunk) {
        at = 0;
        end = chunk.remaining();
        chunk.get(in, 0, end);
        isDamaged = false;
    }

    boolean isDamaged() {
        return isDamaged || at > end;
    }

    /** Whether everything was read, and nothing else. */
    boolean isAtEnd() {
        return !isDamaged && at == end;
    }

    @Override
    boolean isReading() {
        return true;
    }

    @Override
    void damaged() {
        isDamaged = true;
    }

    @Override
    long number(long ignored) {
        long value = 0;
        for (int shift = 0; shift <= MAX_VARINT_SHIFT; shift += 7) {
            if (at >= end) {
                break;
            }
            byte next = in[at++];
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        isDamaged = true;
        return 0;
    }

    @Override
    void raw(int[] values, int count) {
        if (count > (end - at) / Integer.BYTES) {
            isDamaged = true;
            return;
        }
        for (int i = 0; i < count; i++) {
            values[i] = (int) INT.get(in, at + i * Integer.BYTES);
        }
        at += count * Integer.BYTES;
    }

    @Override
    void column(long[] values, int count, Kind kind, byte @Nullable [] contexts) {
        if (count == 0 || isDamaged()) {
            return;
        }
        begin(kind);
        int single = contexts == null ? readTable() : readTables(contexts, count);
        if (isDamaged()) {
            return;
        }
        if (single < 0) {
            readSymbols(count, contexts);
        }
        int bitBytes = (int) number(0);
        if (isDamaged() || bitBytes < 0 || bitBytes > end - at) {
            isDamaged = true;
            return;
        }
        long readBits = single < 0 ? numbers(values, count) : numbersOf(single, values, count);
        isDamaged |= ((readBits + Byte.SIZE - 1) >>> 3) != bitBytes;
        at += bitBytes;
    }

    private void begin(Kind kind) {
        int often = 0;
        if (kind == Kind.FEW) {
            often = (int) number(0);
            if (often < 0 || often > MAX_OFTEN) {
                isDamaged = true;
                return;
            }
            for (int i = 0; i < often; i++) {
                bases[i] = number(0);
                restBits[i] = 0;
                isDamaged |= bases[i] >>> MAX_NUMBER_BITS != 0;
            }
        }
        for (int symbol = often; symbol < SymbolOdds.SYMBOLS; symbol++) {
            // those that stand for nothing are numbers too: what they make is looked at like any other
            int byLength = Math.min(symbol - often, LENGTH_SYMBOLS - 1);
            bases[symbol] = kind == Kind.SYMBOLS ? symbol : base(byLength);
            restBits[symbol] = kind == Kind.SYMBOLS ? 0 : restBits(byLength);
        }
    }

    /** The only symbol, or -1. */
    private int readTable() {
        odds.code(this);
        if (isDamaged()) {
            return -1;
        }
        int single = odds.single();
        if (single < 0) {
            odds.fill(table(0));
        }
        return single;
    }

    private int readTables(byte[] contexts, int count) {
        Arrays.fill(isUsed, false);
        for (int i = 0; i < count; i++) {
            isUsed[contexts[i]] = true;
        }
        for (int context = 0; context < MAX_CONTEXTS && !isDamaged(); context++) {
            if (isUsed[context]) {
                odds.code(this);
                if (!isDamaged()) {
                    odds.fill(table(context));
                }
            }
        }
        return -1;
    }

    private int[] table(int context) {
        int[] table = tables[context];
        if (table == null) {
            table = new int[SymbolOdds.PARTS];
            tables[context] = table;
        }
        return table;
    }

    private void readSymbols(int count, byte @Nullable [] contexts) {
        if (end - at < 2 * Integer.BYTES) {
            isDamaged = true;
            return;
        }
        long even = (int) INT.get(in, at) & 0xffff_ffffL;
        long odd = (int) INT.get(in, at + Integer.BYTES) & 0xffff_ffffL;
        at += 2 * Integer.BYTES;
        long words = number(0);
        if (isDamaged() || words > MAX_COUNT || words * Short.BYTES > end - at) {
            isDamaged = true;
            return;
        }
        int next = at;
        int[] table = table(0);
        for (int i = 0; i < count; i += 2) {
            int entry = (contexts == null ? table : table(contexts[i]))[(int) even & SymbolOdds.PARTS - 1];
            symbols[i] = (byte) entry;
            even = SymbolOdds.partsOf(entry) * (even >>> SymbolOdds.BITS) + SymbolOdds.offset(entry);
            // without a branch that nobody can foresee
            int isLow = (int) ((even - LEAST_STATE) >>> (Long.SIZE - 1));
            even = (even << (isLow << 4)) | ((short) SHORT.get(in, next) & 0xffff & -isLow);
            next += isLow << 1;
            if (i + 1 < count) {
                entry = (contexts == null ? table : table(contexts[i + 1]))[(int) odd & SymbolOdds.PARTS - 1];
                symbols[i + 1] = (byte) entry;
                odd = SymbolOdds.partsOf(entry) * (odd >>> SymbolOdds.BITS) + SymbolOdds.offset(entry);
                isLow = (int) ((odd - LEAST_STATE) >>> (Long.SIZE - 1));
                odd = (odd << (isLow << 4)) | ((short) SHORT.get(in, next) & 0xffff & -isLow);
                next += isLow << 1;
            }
        }
        at += (int) words * Short.BYTES;
        isDamaged |= next != at || even != LEAST_STATE || odd != LEAST_STATE;
    }

    /** How many bits there were behind the symbols. */
    private long numbers(long[] values, int count) {
        long bit = 0;
        for (int i = 0; i < count; i++) {
            int symbol = symbols[i] & 0xff;
            int rest = restBits[symbol];
            long word = (long) LONG.get(in, at + (int) (bit >>> 3)) >>> (bit & 7);
            values[i] = bases[symbol] | (word & ((1L << rest) - 1));
            bit += rest;
        }
        return bit;
    }

    private long numbersOf(int symbol, long[] values, int count) {
        int rest = restBits[symbol];
        long base = bases[symbol];
        long bit = 0;
        if (rest == 0) {
            Arrays.fill(values, 0, count, base);
            return 0;
        }
        for (int i = 0; i < count; i++) {
            long word = (long) LONG.get(in, at + (int) (bit >>> 3)) >>> (bit & 7);
            values[i] = base | (word & ((1L << rest) - 1));
            bit += rest;
        }
        return bit;
    }
}
