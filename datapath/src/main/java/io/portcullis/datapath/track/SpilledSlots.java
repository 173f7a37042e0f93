package io.portcullis.datapath.track;

import java.util.Arrays;

/** The few slots for which {@link SlotIndex} finds no bucket, with their hashes. One thread; allocates when more are spilled than ever before. */
final class SpilledSlots {
    private int[] slots = new int[0];
    private long[] hashes = new long[0];
    private int count;

    int count() {
        return count;
    }

    int slot(int at) {
        return slots[at];
    }

    long hash(int at) {
        return hashes[at];
    }

    /** The next place from {@code at} on with this hash, or {@link SlotIndex#NONE}. */
    int next(int at, long hash) {
        for (int i = at; i < count; i++) {
            if (hashes[i] == hash) {
                return i;
            }
        }
        return SlotIndex.NONE;
    }

    void add(long hash, int slot) {
        if (count == slots.length) {
            slots = Arrays.copyOf(slots, Math.max(4, count * 2));
            hashes = Arrays.copyOf(hashes, slots.length);
        }
        hashes[count] = hash;
        slots[count++] = slot;
    }

    void remove(int slot) {
        for (int i = 0; i < count; i++) {
            if (slots[i] == slot) {
                removeAt(i);
                return;
            }
        }
        throw new IllegalStateException("slot " + slot + " holds no connection");
    }

    /** The last one takes its place. */
    void removeAt(int at) {
        count--;
        slots[at] = slots[count];
        hashes[at] = hashes[count];
    }

    long bytes() {
        return 12L * slots.length;
    }
}
