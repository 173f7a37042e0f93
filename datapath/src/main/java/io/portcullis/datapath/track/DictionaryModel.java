package io.portcullis.datapath.track;

/**
 * Values of which few are in use: each is written once and named by its number afterwards, under learning odds. What is named moves
 * one place to the front; a full dictionary forgets the value in its last place. One chunk, one direction.
 */
final class DictionaryModel {
    private static final int TREE_BITS = 6;
    /** Number of values; as a number: a value that is not here. */
    static final int CAPACITY = (1 << TREE_BITS) - 1;

    /** First whether it is the one in front, then the tree. */
    private final int[] odds = RangeCoder.odds(1 + (1 << TREE_BITS));

    private final long[] values = new long[CAPACITY];
    private final NumberModel unknown = new NumberModel();
    private int used;

    long code(RangeCoder coder, long value) {
        int place = coder.isReading() ? 0 : place(value);
        place = coder.bit(odds, 0, place == 0 ? 0 : 1) == 0 ? 0 : coder.tree(odds, 0, TREE_BITS, place);
        if (place == CAPACITY) {
            long added = unknown.code(coder, value);
            used = Math.min(used + 1, CAPACITY);
            values[used - 1] = added;
            return added;
        }
        if (place >= used) {
            coder.damaged();
            return 0;
        }
        long known = values[place];
        if (place > 0) {
            values[place] = values[place - 1];
            values[place - 1] = known;
        }
        return known;
    }

    private int place(long value) {
        for (int i = 0; i < used; i++) {
            if (values[i] == value) {
                return i;
            }
        }
        return CAPACITY;
    }
}
