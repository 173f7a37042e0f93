package io.portcullis.datapath.track;

import java.util.List;

/**
 * Exports a table in rounds while it goes on: the first rounds send each connection once, the later ones those that have changed
 * since, until so few are left that the table can stand still for the last round. Each round is bounded. What was removed is sent as
 * such. {@link TableImport} is the other side.
 *
 * <p>The same thread as the table's. One export at a time; an import into the same table, or another export, ends it.
 */
public final class TableExport implements AutoCloseable {
    private final ConnectionTracker tracker;
    private final TableChanges changes;

    TableExport(ConnectionTracker tracker) {
        this.tracker = tracker;
        changes = new TableChanges(tracker.table());
        tracker.table().tell(changes);
    }

    /**
     * What one round sends, in this order.
     *
     * @param entries connections that are new to the other side, or have changed
     * @param removals connections that the other side has and this one has no more
     */
    public record Round(List<byte[]> chunks, int entries, int removals) {
        public Round {
            chunks = List.copyOf(chunks);
        }
    }

    /** Whether something else ended it: then what was sent is of no use any more. */
    public boolean isEnded() {
        return !tracker.table().tells(changes);
    }

    /** How much is left to send, at most: changed or unsent connections, and removals. */
    public int pending() {
        return changes.pending();
    }

    /**
     * The next round: all removals, and up to {@code maxEntries} connections. A caller that wants the rest at once (and lets no packet
     * pass before it is imported) asks for {@link Integer#MAX_VALUE}.
     *
     * @throws IllegalStateException if the export has {@linkplain #isEnded ended}
     */
    public Round next(int maxEntries, long nowNanos) {
        if (isEnded()) {
            throw new IllegalStateException("something else has ended this export");
        }
        tracker.offloaded().readBackAll();
        int[] slots = changes.take(maxEntries, nowNanos);
        // those whose time was over are among the removals
        int removals = changes.removedCount();
        List<byte[]> chunks = TableCodec.removals(changes);
        changes.forgetRemovals();
        chunks.addAll(TableCodec.updates(tracker.table(), slots, nowNanos));
        return new Round(chunks, slots.length, removals);
    }

    /** How many connections the other side has when it has got all rounds; with nothing {@link #pending}, the whole table. */
    public int entries() {
        return changes.sentCount();
    }

    /** Digest of those, as in {@link TableSnapshot#digest}. */
    public long digest() {
        return changes.digest();
    }

    @Override
    public void close() {
        if (!isEnded()) {
            tracker.table().tell(null);
        }
    }
}
