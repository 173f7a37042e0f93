package io.portcullis.datapath.track;

/** What became of {@link ConnectionTracker#insert}. */
public enum InsertResult {
    /** The connection is in the table; {@link ConnectionTracker#connection()} is its slot. */
    INSERTED,
    /** The table holds {@code maxConnections} that are all alive; nothing changed. */
    TABLE_FULL
}
