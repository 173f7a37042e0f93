package io.portcullis.datapath.track;

import java.nio.ByteBuffer;

/** Writes behind the position of a buffer; what it writes is complete after {@link #finish}. See {@link RangeCoder}. */
final class RangeEncoder extends RangeCoder {
    private static final int FINISH_BYTES = 5;
    private static final long CARRY = 1L << 32;
    private static final long NO_CARRY_BELOW = 0xffL << 24;

    private final ByteBuffer out;
    /** Lower end of the range, with a carry in bit 32. */
    private long low;

    private long range = 0xffff_ffffL;
    /** The byte that a carry may still change, and how many of 0xff follow it. */
    private int held;

    private int heldBytes = 1;

    RangeEncoder(ByteBuffer out) {
        this.out = out;
    }

    /** How many bytes there would be if it were finished now. */
    int bytes() {
        return out.position() + heldBytes + FINISH_BYTES;
    }

    void finish() {
        for (int i = 0; i < FINISH_BYTES; i++) {
            shift();
        }
    }

    @Override
    boolean isReading() {
        return false;
    }

    @Override
    int bit(int[] odds, int at, int bit) {
        int known = odds[at];
        long bound = (range >>> ODDS_BITS) * ofZero(known);
        if (bit == 0) {
            range = bound;
        } else {
            low += bound;
            range -= bound;
        }
        odds[at] = learn(known, bit);
        widen();
        return bit;
    }

    @Override
    int raw(int value, int bits) {
        range >>>= bits;
        low += range * value;
        widen();
        return value;
    }

    @Override
    void damaged() {
        throw new IllegalStateException("an entry that cannot be written");
    }

    private void widen() {
        while (range < MIN_RANGE) {
            range <<= 8;
            shift();
        }
    }

    /** The upper byte of low is settled, unless it may still be carried into. */
    private void shift() {
        if (low < NO_CARRY_BELOW || low >= CARRY) {
            int carry = (int) (low >>> 32);
            out.put((byte) (held + carry));
            for (; heldBytes > 1; heldBytes--) {
                out.put((byte) (0xff + carry));
            }
            heldBytes = 0;
            held = (int) (low >>> 24) & 0xff;
        }
        heldBytes++;
        low = (low & 0xff_ffff) << 8;
    }
}
