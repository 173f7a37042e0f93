package io.portcullis.datapath.classify;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * One hash table of an index: entries that fix the bits of its {@link Masks}, by the hash over those. A slot holds nothing, a
 * few entries, or a {@link Node}. Beside each slot stands the least priority in it, so that most slots need not be opened.
 *
 * <p>Slots are replaced, never changed: a reader sees a slot as it was before or after an update. One writer.
 */
final class MaskTable {
    static final int EMPTY = Integer.MAX_VALUE;
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final long[] NONE = {};

    final Masks masks;
    private final long addressMask;
    private final long transportMask;
    private final int shift;
    private final int[] least;
    private final long[][] slots;

    /** @param slotBits logarithm of the number of slots, at least 1 */
    MaskTable(Masks masks, int slotBits) {
        this.masks = masks;
        addressMask = masks.addresses();
        transportMask = masks.transport();
        shift = Long.SIZE - slotBits;
        least = new int[1 << slotBits];
        Arrays.fill(least, EMPTY);
        slots = new long[1 << slotBits][];
        Arrays.fill(slots, NONE);
    }

    int slotOf(long addresses, long transport) {
        return (int) (Masks.hash(addresses, transport, addressMask, transportMask) >>> shift);
    }

    int slotOf(long[] entries, int at) {
        return (int) (masks.hashOf(entries, at) >>> shift);
    }

    int slotCount() {
        return slots.length;
    }

    int least(int slot) {
        return least[slot];
    }

    long[] slot(int slot) {
        return (long[]) SLOT.getAcquire(slots, slot);
    }

    void replace(int slot, long[] content, int leastPriority) {
        SLOT.setRelease(slots, slot, content);
        least[slot] = leastPriority;
    }

    long bytes() {
        long bytes = 2 * HeapSizes.OBJECT + HeapSizes.ofInts(least.length) + HeapSizes.ofReferences(slots.length);
        for (int slot = 0; slot < slots.length; slot++) {
            long[] content = slot(slot);
            bytes += content.length == 0 ? 0 : HeapSizes.ofLongs(content.length);
        }
        return bytes;
    }
}
