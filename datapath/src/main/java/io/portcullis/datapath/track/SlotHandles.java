package io.portcullis.datapath.track;

import io.portcullis.datapath.offload.FlowOffload;
import java.util.Arrays;

/** A map from slots to handles of a port, of bounded size: open addressing, linear probing. One thread, no allocation. */
final class SlotHandles {
    private static final int FREE = -1;

    private final int[] slots;
    private final int[] handles;
    private final int mask;

    /** @param most how many it ever holds at once */
    SlotHandles(int most) {
        int size = Integer.highestOneBit(Math.max(1, most)) * 4;
        slots = new int[size];
        handles = new int[size];
        mask = size - 1;
        Arrays.fill(slots, FREE);
    }

    /** {@link FlowOffload#NONE} for a slot that has none. */
    int get(int slot) {
        int at = place(slot);
        while (slots[at] != FREE) {
            if (slots[at] == slot) {
                return handles[at];
            }
            at = at + 1 & mask;
        }
        return FlowOffload.NONE;
    }

    /** Adds a slot that is not there. */
    void put(int slot, int handle) {
        int at = place(slot);
        while (slots[at] != FREE) {
            at = at + 1 & mask;
        }
        slots[at] = slot;
        handles[at] = handle;
    }

    /** Removes a slot that is there; those behind it move up, so that there are no gaps in their way. */
    void remove(int slot) {
        int gap = place(slot);
        while (slots[gap] != slot) {
            gap = gap + 1 & mask;
        }
        for (int at = gap + 1 & mask; slots[at] != FREE; at = at + 1 & mask) {
            boolean mayMove = (at - place(slots[at]) & mask) >= (at - gap & mask);
            if (mayMove) {
                slots[gap] = slots[at];
                handles[gap] = handles[at];
                gap = at;
            }
        }
        slots[gap] = FREE;
    }

    private int place(int slot) {
        return ((slot * 0x9e37_79b9) >>> 7) & mask;
    }
}
