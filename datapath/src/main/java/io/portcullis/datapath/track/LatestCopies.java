package io.portcullis.datapath.track;

import java.util.Arrays;

/** By slot, the number of the copy in a batch that came last; as large as a batch, not as the table. One thread; used again and again. */
final class LatestCopies {
    /** Of no slot. */
    static final int NONE = -1;

    private static final int LEAST_ROOM = 128;
    private static final int SPREAD = 0x9e37_79b9;

    /** Slot plus one; 0 is free. */
    private int[] keys = {};

    private int[] copies = {};
    private int shift;

    /** Forgets everything; there will be at most so many slots. */
    void begin(int slots) {
        if (2 * slots > keys.length) {
            int size = Math.max(LEAST_ROOM, Integer.highestOneBit(2 * slots) << 1);
            keys = new int[size];
            copies = new int[size];
            shift = 32 - Integer.numberOfTrailingZeros(size);
        } else {
            Arrays.fill(keys, 0);
        }
    }

    /** @param copy {@link #NONE} if what came before is over */
    void put(int slot, int copy) {
        int at = place(slot);
        keys[at] = slot + 1;
        copies[at] = copy;
    }

    int get(int slot) {
        int at = place(slot);
        return keys[at] == 0 ? NONE : copies[at];
    }

    private int place(int slot) {
        int at = (slot * SPREAD) >>> shift;
        while (keys[at] != 0 && keys[at] != slot + 1) {
            at = (at + 1) & (keys.length - 1);
        }
        return at;
    }
}
