package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * What has happened to a table since an export in rounds has sent it: which connections are dirty and which are gone. The table tells
 * of every change ({@link Entry#CLEAN} makes it cheap: a connection tells once between two rounds). The mark serves several exports: where it is
 * not set, each of them has the connection listed, or has not come to it yet. What changes during a round is for the next one. One thread; memory for each slot only while an export goes on.
 */
final class TableChanges {
    private static final int KEY_LONGS = 5;
    /** For changes and removals, with the first one. */
    private static final int LEAST_ROOM = 16;
    /** Room for dirty ones that stays, though the next rounds need less. */
    private static final int MOST_KEPT = 16_384;

    private static final int REMOVAL_LONGS = KEY_LONGS + 1;

    private final ConnectionTable table;
    private final FlowKey key = new FlowKey();
    /** Slots from here on were not visited yet, and are dirty without being listed. */
    private int visited;
    /** Those before this one are for this round; what came into later ones meanwhile is for the next: a table that grows all the time has rounds, too. */
    private int roundEnd;

    /** Dirty ones that this round has still to send. */
    private int[] round = {};

    private int roundCount;
    /** Those that are dirty since it began. */
    private int[] dirty = {};

    private int dirtyCount;
    /** One bit a slot: it is among the dirty, of this round or of the next one. */
    private long[] listed = new long[1];
    /** One bit a slot: the other side has it, as it is or as it was. */
    private long[] sent = new long[1];

    private long[] removed = {};
    private int removedCount;

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
            dirty = Arrays.copyOf(dirty, Math.max(LEAST_ROOM, 2 * dirtyCount));
        }
        dirty[dirtyCount++] = slot;
        listed = with(listed, slot);
    }

    /** A connection ends; its key is still in its slot. */
    void removed(int slot) {
        if (!has(sent, slot)) {
            return;
        }
        sent[slot >>> 6] &= ~(1L << slot);
        if ((removedCount + 1) * REMOVAL_LONGS > removed.length) {
            removed = Arrays.copyOf(removed, Math.max(LEAST_ROOM * REMOVAL_LONGS, 2 * removed.length));
        }
        table.key(slot, key);
        int at = removedCount++ * REMOVAL_LONGS;
        removed[at] = key.word;
        removed[at + 1] = key.lowerHigh;
        removed[at + 2] = key.lowerLow;
        removed[at + 3] = key.upperHigh;
        removed[at + 4] = key.upperLow;
        removed[at + KEY_LONGS] = slot;
    }

    // ---- for the export ----

    /** Dirty connections, at least (those of slots that nobody visited may have ended), and removals that were not sent yet. */
    int pending() {
        return roundCount + dirtyCount + removedCount + Math.max(0, table.slotCount() - visited);
    }

    /** Whether all is taken that was dirty when the round began. */
    boolean isRoundOver() {
        return roundCount == 0 && visited >= roundEnd;
    }

    /** What is dirty now is for this round. */
    void beginRound() {
        int[] taken = round;
        round = dirty;
        roundCount = dirtyCount;
        dirty = taken.length > MOST_KEPT && taken.length > 4 * roundCount ? new int[MOST_KEPT] : taken;
        dirtyCount = 0;
        roundEnd = table.slotCount();
    }

    /** Moves all removals into a batch, behind what it has. */
    void takeRemovals(TableBatch batch) {
        for (int i = 0; i < removedCount; i++) {
            int at = i * REMOVAL_LONGS;
            key.word = removed[at];
            key.lowerHigh = removed[at + 1];
            key.lowerLow = removed[at + 2];
            key.upperHigh = removed[at + 3];
            key.upperLow = removed[at + 4];
            batch.addRemoval(key, (int) removed[at + KEY_LONGS]);
        }
        removedCount = 0;
    }

    /**
     * Adds up to {@code most} of the round's connections whose time is not over to a batch; they count as sent and clean. Looks at no more
     * slots than that, and some.
     */
    void take(TableBatch batch, int most, long nowNanos) {
        int left = most;
        while (left > 0 && roundCount > 0) {
            int slot = round[--roundCount];
            listed[slot >>> 6] &= ~(1L << slot);
            take(slot, batch, nowNanos);
            left--;
        }
        while (left > 0 && visited < roundEnd) {
            take(visited++, batch, nowNanos);
            left--;
        }
    }

    private void take(int slot, TableBatch batch, long nowNanos) {
        if (table.getByte(slot, Entry.STATE) == 0) {
            return;
        }
        if (table.isExpired(slot, nowNanos)) {
            removed(slot);
            return;
        }
        table.setByte(slot, Entry.CLEAN, 1);
        sent = with(sent, slot);
        batch.add(table, slot);
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
