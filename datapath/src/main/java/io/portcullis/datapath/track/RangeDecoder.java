package io.portcullis.datapath.track;

import java.nio.ByteBuffer;

/**
 * Reads what a {@link RangeEncoder} wrote, from any bytes: behind their end it reads zeros and is {@linkplain #isDamaged damaged}. See
 * {@link RangeCoder}.
 */
final class RangeDecoder extends RangeCoder {
    private static final int WORD_BYTES = 4;

    private final ByteBuffer in;
    /** Where in the range the writer ended. */
    private long code;

    private long range = 0xffff_ffffL;
    private boolean isDamaged;

    RangeDecoder(ByteBuffer in) {
        this.in = in;
        // the encoder's first byte takes no carry, or low would be 1
        isDamaged = next() != 0;
        for (int i = 0; i < WORD_BYTES; i++) {
            code = code << 8 | next();
        }
    }

    /** Whether something was read that no encoder writes. */
    boolean isDamaged() {
        return isDamaged;
    }

    /** Whether everything was read, and nothing else. */
    boolean isAtEnd() {
        return !isDamaged && !in.hasRemaining() && code == 0;
    }

    @Override
    boolean isReading() {
        return true;
    }

    @Override
    int bit(int[] odds, int at, int ignored) {
        int known = odds[at];
        long bound = (range >>> ODDS_BITS) * ofZero(known);
        int bit;
        if (code < bound) {
            range = bound;
            bit = 0;
        } else {
            code -= bound;
            range -= bound;
            bit = 1;
        }
        odds[at] = learn(known, bit);
        widen();
        return bit;
    }

    @Override
    int raw(int ignored, int bits) {
        range >>>= bits;
        int value = (int) (code / range);
        if (value >>> bits != 0) {
            isDamaged = true;
            value = (1 << bits) - 1;
        }
        // of damaged bytes it would leave the range
        code = Math.min(code - range * value, range - 1);
        widen();
        return value;
    }

    @Override
    void damaged() {
        isDamaged = true;
    }

    private void widen() {
        while (range < MIN_RANGE) {
            range <<= 8;
            code = code << 8 | next();
        }
    }

    private int next() {
        if (in.hasRemaining()) {
            return in.get() & 0xff;
        }
        isDamaged = true;
        return 0;
    }
}
