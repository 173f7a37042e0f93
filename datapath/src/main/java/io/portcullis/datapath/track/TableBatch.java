package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * Some connections of a table as they were when a {@link TableExport} collected them, and the ends of others: copies, so that whoever
 * encodes them needs the table no more. One thread at a time; used again and again.
 */
public final class TableBatch implements AutoCloseable {
    private static final int KEY_LONGS = 5;

    /** Slot n holds copy n. */
    private final ConnectionTable copies = ConnectionTable.forCopies();
    /** Where the copies were. */
    private int[] slots = new int[64];

    private int count;

    private long[] removedKeys = new long[16 * KEY_LONGS];
    private int[] removedSlots = new int[16];
    /** How many copies the batch had when the removal was noted: these are older than it. */
    private int[] removedAfter = new int[16];

    private int removedCount;
    private long nowNanos;

    /** Connections in it, some of which may be among the removals. */
    public int count() {
        return count;
    }

    // ---- for the export ----

    void clear() {
        copies.forgetCopies();
        count = 0;
        removedCount = 0;
    }

    void add(ConnectionTable table, int slot) {
        if (count == slots.length) {
            slots = Arrays.copyOf(slots, 2 * count);
        }
        copies.copyOf(table, slot);
        slots[count++] = slot;
    }

    /** A connection with this key has left this slot, after all copies that were added so far. */
    void addRemoval(FlowKey key, int slot) {
        if (removedCount == removedSlots.length) {
            removedSlots = Arrays.copyOf(removedSlots, 2 * removedCount);
            removedAfter = Arrays.copyOf(removedAfter, 2 * removedCount);
            removedKeys = Arrays.copyOf(removedKeys, 2 * removedKeys.length);
        }
        removedSlots[removedCount] = slot;
        removedAfter[removedCount] = count;
        setKey(removedCount++, key);
    }

    /** Ages and times left are told as of then. */
    void setTime(CoarseClock clock, long newNowNanos) {
        copies.clock().copyFrom(clock);
        nowNanos = newNowNanos;
    }

    // ---- for the encoder ----

    ConnectionTable copies() {
        return copies;
    }

    long nowNanos() {
        return nowNanos;
    }

    int slot(int copy) {
        return slots[copy];
    }

    int removedCount() {
        return removedCount;
    }

    int removedSlot(int removal) {
        return removedSlots[removal];
    }

    int removedAfter(int removal) {
        return removedAfter[removal];
    }

    /** Fills a key with that of a removal. */
    void removed(int removal, FlowKey into) {
        int at = removal * KEY_LONGS;
        into.word = removedKeys[at];
        into.lowerHigh = removedKeys[at + 1];
        into.lowerLow = removedKeys[at + 2];
        into.upperHigh = removedKeys[at + 3];
        into.upperLow = removedKeys[at + 4];
    }

    /** Keeps a removal as number {@code to}, which is not above its own. */
    void keepRemoval(int removal, int to) {
        System.arraycopy(removedKeys, removal * KEY_LONGS, removedKeys, to * KEY_LONGS, KEY_LONGS);
    }

    void keepRemovals(int kept) {
        removedCount = kept;
    }

    private void setKey(int removal, FlowKey key) {
        int at = removal * KEY_LONGS;
        removedKeys[at] = key.word;
        removedKeys[at + 1] = key.lowerHigh;
        removedKeys[at + 2] = key.lowerLow;
        removedKeys[at + 3] = key.upperHigh;
        removedKeys[at + 4] = key.upperLow;
    }

    @Override
    public void close() {
        copies.close();
    }
}
