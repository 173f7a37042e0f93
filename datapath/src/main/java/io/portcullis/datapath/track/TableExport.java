package io.portcullis.datapath.track;

import java.util.List;

/**
 * Exports a table in rounds while it goes on: the first round sends each connection once, the later ones those that have changed
 * since, until so few are left that the table can stand still for the last round. What was removed is sent as such. {@link
 * TableImport} is the other side.
 *
 * <p>The same thread as the table's collects, a bounded number of connections at a time; any other one may encode what was collected,
 * in the same order. Several exports of a table know nothing of each other; an import into it ends them all.
 */
public final class TableExport implements AutoCloseable {
    private final ConnectionTracker tracker;
    private final TableChanges changes;
    private final BatchEncoder encoder;

    TableExport(ConnectionTracker tracker, SentEntries sent, int version) {
        this.tracker = tracker;
        encoder = new BatchEncoder(sent, version);
        changes = new TableChanges(tracker.table());
        tracker.table().tell(changes);
    }

    /**
     * What one batch sends, in this order.
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

    /** Whether all is collected that was dirty when the round began; {@link #beginBatch} then begins another round. */
    public boolean isRoundOver() {
        return changes.isRoundOver();
    }

    /**
     * Begins a batch of this round, or of the next one if this one is over.
     *
     * @throws IllegalStateException if the export has {@linkplain #isEnded ended}
     */
    public void beginBatch(TableBatch batch) {
        requireRunning();
        batch.clear();
        if (changes.isRoundOver()) {
            changes.beginRound();
        }
    }

    /**
     * Adds to a batch: all removals, and connections of the round.
     *
     * @param maxSlots how many slots to look at
     * @throws IllegalStateException if the export has {@linkplain #isEnded ended}
     */
    public void collect(TableBatch batch, int maxSlots, long nowNanos) {
        requireRunning();
        tracker.readBackOffloaded();
        changes.takeRemovals(batch);
        changes.take(batch, maxSlots, nowNanos);
        batch.setTime(tracker.table().clock(), nowNanos);
    }

    /** The chunks of a batch. Batches are encoded in the order in which they were collected, on whatever thread. */
    public Round encode(TableBatch batch) {
        return encoder.encode(batch);
    }

    /**
     * Collects and encodes at once all removals, and up to {@code maxEntries} slots, of this round and of the next one. A caller that wants the
     * rest (and lets no packet pass before it is imported) asks for {@link Integer#MAX_VALUE}.
     *
     * @throws IllegalStateException if the export has {@linkplain #isEnded ended}
     */
    public Round next(int maxEntries, long nowNanos) {
        try (TableBatch batch = new TableBatch()) {
            beginBatch(batch);
            collect(batch, maxEntries, nowNanos);
            if (changes.isRoundOver() && batch.count() < maxEntries) {
                changes.beginRound();
                collect(batch, maxEntries - batch.count(), nowNanos);
            }
            // those whose time was over are among the removals
            changes.takeRemovals(batch);
            return encode(batch);
        }
    }

    /** What connections have announced, if anything: the last chunk of all. */
    public List<byte[]> announced(long nowNanos) {
        return tracker.exportExpectations(nowNanos);
    }

    /** How many connections the other side has when it has got all that was encoded; with nothing {@link #pending}, the whole table. */
    public int entries() {
        return encoder.entries();
    }

    /** Digest of those, as in {@link TableSnapshot#digest}; 0 of a {@linkplain ConnectionTracker#beginCopy copy}. */
    public long digest() {
        return encoder.digest();
    }

    /** Of what the other side has when it has got all that was encoded; on the thread that encodes. */
    public TableSum sum() {
        return new TableSum(entries(), digest());
    }

    @Override
    public void close() {
        if (!isEnded()) {
            tracker.table().tellNoMore(changes);
        }
    }

    private void requireRunning() {
        if (isEnded()) {
            throw new IllegalStateException("something else has ended this export");
        }
    }
}
