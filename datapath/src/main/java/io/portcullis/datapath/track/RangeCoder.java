package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * A binary range coder (Martin 1979) with odds that learn: what comes often takes little of a bit. Encoder and decoder have the same
 * calls, so that one description of a thing serves to write and to read it: the encoder writes what it is given and returns it, the
 * decoder returns what was written. One thread.
 */
abstract sealed class RangeCoder permits RangeEncoder, RangeDecoder {
    /** Raw bits at once; the rest of the range must stay wide enough for the odds. */
    static final int MAX_RAW_BITS = 16;

    static final int ODDS_BITS = 16;
    /** The range is made wider when it gets narrower than this. */
    static final long MIN_RANGE = 1L << 24;

    private static final int COUNT_BITS = 4;
    private static final int COUNT_MASK = (1 << COUNT_BITS) - 1;
    /** The slowest that odds learn: by one in 2^7 of what is missing. */
    private static final int MAX_RATE = 7;

    private static final int EVEN = 1 << (ODDS_BITS - 1 + COUNT_BITS);

    /** Odds of which nothing is known. */
    static int[] odds(int count) {
        int[] odds = new int[count];
        Arrays.fill(odds, EVEN);
        return odds;
    }

    /** Of a 0, in parts of 2^16; never none and never all. */
    static int ofZero(int odds) {
        return odds >>> COUNT_BITS;
    }

    /** The odds after one more bit: quickly at first, then by smaller steps. */
    static int learn(int odds, int bit) {
        int zero = odds >>> COUNT_BITS;
        int count = odds & COUNT_MASK;
        int rate = Math.min(MAX_RATE, count + 1);
        zero = bit == 0 ? zero + (((1 << ODDS_BITS) - zero) >> rate) : zero - (zero >> rate);
        return zero << COUNT_BITS | Math.min(MAX_RATE, count + 1);
    }

    abstract boolean isReading();

    /** One bit under learning odds. */
    abstract int bit(int[] odds, int at, int bit);

    /** Up to {@value #MAX_RAW_BITS} bits of which nothing can be known. */
    abstract int raw(int value, int bits);

    /** What was read cannot have been written. */
    abstract void damaged();

    /** Any number of raw bits up to 64. */
    final long rawLong(long value, int bits) {
        long result = 0;
        int left = bits;
        while (left > 0) {
            int step = Math.min(left, MAX_RAW_BITS);
            left -= step;
            result = result << step | raw((int) (value >>> left) & (1 << step) - 1, step);
        }
        return result;
    }

    /** A symbol of {@code bits} bits, upper bit first, each under the odds that belong to those before; odds from {@code at + 1} on. */
    final int tree(int[] odds, int at, int bits, int symbol) {
        int node = 1;
        for (int i = bits - 1; i >= 0; i--) {
            node = node << 1 | bit(odds, at + node, symbol >>> i & 1);
        }
        return node - (1 << bits);
    }
}
