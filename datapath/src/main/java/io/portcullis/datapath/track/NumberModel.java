package io.portcullis.datapath.track;

/**
 * Numbers (of 64 bits, unsigned) of which some lengths are likelier than others: the length under learning odds, then the bits
 * behind the first as they are. Numbers below {@value #SMALL} are learnt one by one. One chunk, one direction.
 */
final class NumberModel {
    private static final int SMALL = 16;
    private static final int SMALL_BITS = 4;
    private static final int TREE_BITS = 7;

    /** First whether it is 0 at all, then the tree. */
    private final int[] odds = RangeCoder.odds(1 + (1 << TREE_BITS));

    private final int[] signOdds = RangeCoder.odds(1);

    long code(RangeCoder coder, long value) {
        if (coder.bit(odds, 0, value == 0 ? 0 : 1) == 0) {
            return 0;
        }
        int symbol = coder.tree(odds, 0, TREE_BITS, symbol(value));
        if (symbol < SMALL) {
            return symbol;
        }
        int length = symbol - SMALL + SMALL_BITS + 1;
        if (length > Long.SIZE) {
            coder.damaged();
            return 0;
        }
        long first = 1L << (length - 1);
        return first | coder.rawLong(value & first - 1, length - 1);
    }

    /** A number of either sign, near 0 as a rule. */
    long codeSigned(RangeCoder coder, long value) {
        long size = code(coder, Math.abs(value));
        return size != 0 && coder.bit(signOdds, 0, value < 0 ? 1 : 0) != 0 ? -size : size;
    }

    private static int symbol(long value) {
        int length = Long.SIZE - Long.numberOfLeadingZeros(value);
        return length <= SMALL_BITS ? (int) value : SMALL + length - SMALL_BITS - 1;
    }
}
