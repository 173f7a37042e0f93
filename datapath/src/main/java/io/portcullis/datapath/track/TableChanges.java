package io.portcullis.datapath.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What has happened to a table since an export in rounds has sent it: which connections are dirty, which are gone, and what the other
 * side must hold. The table tells of every change ({@link Entry#CLEAN} makes it cheap: a connection tells once between two rounds). One
 * thread; memory for each slot only while an export goes on.
 */
final class TableChanges {
    private static final int KEY_LONGS = 5;

    private final ConnectionTable table;
    private final ByteBuffer scratch = ByteBuffer.allocate(EntryCodec.MAX_BYTES).order(ByteOrder.BIG_ENDIAN);
    private final FlowKey key = new FlowKey();
    /** Slots from here on were not visited yet, and are dirty without being listed. */
    private int visited;

    private int[] dirty = new int[64];
    private int dirtyCount;
    /** One bit a slot: it is among the dirty. */
    private long[] listed = new long[1];
    /** One bit a slot: the other side has it, as it is or as it was. */
    private long[] sent = new long[1];
    /** Of those that were sent, by slot. */
    private long[] digests = new long[64];

    private long[] removedKeys = new long[16 * KEY_LONGS];
    private int removedCount;
    private int sentCount;
    private long digest;

    TableChanges(ConnectionTable table) {
        this.table = table;
    }

    // ---- from the table ----

    /** A connection is new, or not what was sent any more. */
    void changed(int slot) {
        if (slot >= visited || has(listed, slot)) {
            return;
        }
        if (dirtyCount == dirty.length) {
            dirty = Arrays.copyOf(dirty, 2 * dirtyCount);
        }
        dirty[dirtyCount++] = slot;
        listed = with(listed, slot);
    }

    /** A connection ends; its key is still in its slot. */
    void removed(int slot) {
        if (!has(sent, slot)) {
            return;
        }
        forget(slot);
        if ((removedCount + 1) * KEY_LONGS > removedKeys.length) {
            removedKeys = Arrays.copyOf(removedKeys, 2 * removedKeys.length);
        }
        table.key(slot, key);
        int at = removedCount++ * KEY_LONGS;
        removedKeys[at] = key.word;
        removedKeys[at + 1] = key.lowerHigh;
        removedKeys[at + 2] = key.lowerLow;
        removedKeys[at + 3] = key.upperHigh;
        removedKeys[at + 4] = key.upperLow;
    }

    // ---- for the export ----

    /** Dirty connections, at least (those of slots that nobody visited may have ended), and removals that were not sent yet. */
    int pending() {
        return dirtyCount + removedCount + Math.max(0, table.slotCount() - visited);
    }

    /** Connections that the other side has, once it has got all that was taken. */
    int sentCount() {
        return sentCount;
    }

    /** Of those. */
    long digest() {
        return digest;
    }

    int removedCount() {
        return removedCount;
    }

    /** Fills a key with the removal that was noted as number {@code i}. */
    void removed(int i, FlowKey into) {
        int at = i * KEY_LONGS;
        into.word = removedKeys[at];
        into.lowerHigh = removedKeys[at + 1];
        into.lowerLow = removedKeys[at + 2];
        into.upperHigh = removedKeys[at + 3];
        into.upperLow = removedKeys[at + 4];
    }

    void forgetRemovals() {
        removedCount = 0;
    }

    /** Takes up to {@code most} dirty connections whose time is not over; they count as sent and clean. */
    int[] take(int most, long nowNanos) {
        int[] slots = new int[Math.min(most, pending())];
        int taken = 0;
        while (taken < slots.length && dirtyCount > 0) {
            int slot = dirty[--dirtyCount];
            listed[slot >>> 6] &= ~(1L << slot);
            taken += take(slot, nowNanos, slots, taken);
        }
        while (taken < slots.length && visited < table.slotCount()) {
            taken += take(visited++, nowNanos, slots, taken);
        }
        return Arrays.copyOf(slots, taken);
    }

    private int take(int slot, long nowNanos, int[] slots, int at) {
        if (table.getByte(slot, Entry.STATE) == 0) {
            return 0;
        }
        if (table.isExpired(slot, nowNanos)) {
            removed(slot);
            return 0;
        }
        if (has(sent, slot)) {
            forget(slot);
        }
        scratch.clear();
        EntryCodec.writeLasting(table, slot, key, scratch);
        long own = EntryCodec.digest(scratch, 0, scratch.position());
        if (slot >= digests.length) {
            digests = Arrays.copyOf(digests, Math.max(slot + 1, 2 * digests.length));
        }
        digests[slot] = own;
        digest += own;
        sent = with(sent, slot);
        sentCount++;
        table.setByte(slot, Entry.CLEAN, 1);
        slots[at] = slot;
        return 1;
    }

    private void forget(int slot) {
        sent[slot >>> 6] &= ~(1L << slot);
        digest -= digests[slot];
        sentCount--;
    }

    private static boolean has(long[] bits, int slot) {
        return slot >>> 6 < bits.length && (bits[slot >>> 6] >>> slot & 1) != 0;
    }

    private static long[] with(long[] bits, int slot) {
        long[] wide =
                slot >>> 6 < bits.length ? bits : Arrays.copyOf(bits, Math.max((slot >>> 6) + 1, 2 * bits.length));
        wide[slot >>> 6] |= 1L << slot;
        return wide;
    }
}
