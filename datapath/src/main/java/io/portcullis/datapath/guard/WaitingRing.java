package io.portcullis.datapath.guard;

import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import java.util.Arrays;

/**
 * Connections of one kind that were opened and may still wait for their other end, oldest first. An entry says nothing by itself: the table is
 * asked whether the connection still waits, so that nothing need be told when it goes on or ends. Up to a fixed number; grows to it
 * as needed. One thread.
 */
final class WaitingRing {
    private static final int FIRST_CAPACITY = 64;
    /** Entries looked at in search of one that no longer waits. If half of them do not, a search fails once in 65,536 times. */
    static final int PROBES = 16;

    private final ConnectionTracker tracker;
    private final int maxEntries;
    private int[] slots = {};
    private int[] marks = {};
    private long[] openedNanos = {};
    private int first;
    private int count;
    private boolean hasEnded;

    WaitingRing(ConnectionTracker tracker, int maxEntries) {
        this.tracker = tracker;
        this.maxEntries = maxEntries;
    }

    boolean isFull() {
        return count == maxEntries;
    }

    /** Notes a connection that was just opened; there must be room. */
    void add(int slot, long nowNanos) {
        put(slot, table().openingMark(slot), nowNanos);
    }

    /** Notes a connection that was opened some time ago, if there is room. */
    void adopt(int slot, long openedNanos) {
        if (!isFull()) {
            put(slot, table().openingMark(slot), openedNanos);
        }
    }

    /**
     * Looks at the oldest entries for one that can go, and lets it go: one that no longer waits, or a connection that has waited for longer than
     * {@code patienceNanos}, which ends. Younger ones that it meets go to the end of the ring, with their age.
     *
     * @return whether there is room now; {@link #ended()} says whether a connection paid for it
     */
    boolean makeRoom(long nowNanos, long patienceNanos) {
        hasEnded = false;
        for (int probe = 0; probe < PROBES && count > 0; probe++) {
            int slot = slots[first];
            int mark = marks[first];
            long opened = openedNanos[first];
            drop();
            if (!table().isWaiting(slot, mark)) {
                return true;
            }
            if (nowNanos - opened >= patienceNanos) {
                end(slot);
                return true;
            }
            put(slot, mark, opened);
        }
        return count < maxEntries;
    }

    /** Ends the oldest connection that still waits. False if there is none. */
    boolean endOldest() {
        hasEnded = false;
        while (count > 0 && !hasEnded) {
            int slot = slots[first];
            int mark = marks[first];
            drop();
            if (table().isWaiting(slot, mark)) {
                end(slot);
            }
        }
        return hasEnded;
    }

    /** Whether the last call ended a connection. */
    boolean ended() {
        return hasEnded;
    }

    private void end(int slot) {
        tracker.remove(slot);
        hasEnded = true;
    }

    private ConnectionTable table() {
        return tracker.table();
    }

    private void drop() {
        first = (first + 1) & slots.length - 1;
        count--;
    }

    private void put(int slot, int mark, long opened) {
        if (count == slots.length) {
            grow();
        }
        int place = first + count & slots.length - 1;
        slots[place] = slot;
        marks[place] = mark;
        openedNanos[place] = opened;
        count++;
    }

    private void grow() {
        if (slots.length == 0) {
            slots = new int[FIRST_CAPACITY];
            marks = new int[FIRST_CAPACITY];
            openedNanos = new long[FIRST_CAPACITY];
            return;
        }
        int capacity = slots.length;
        int[] grownSlots = Arrays.copyOf(slots, 2 * capacity);
        int[] grownMarks = Arrays.copyOf(marks, 2 * capacity);
        long[] grownOpened = Arrays.copyOf(openedNanos, 2 * capacity);
        // what lay in front of first wraps around to behind the old end
        System.arraycopy(slots, 0, grownSlots, capacity, first);
        System.arraycopy(marks, 0, grownMarks, capacity, first);
        System.arraycopy(openedNanos, 0, grownOpened, capacity, first);
        slots = grownSlots;
        marks = grownMarks;
        openedNanos = grownOpened;
    }
}
