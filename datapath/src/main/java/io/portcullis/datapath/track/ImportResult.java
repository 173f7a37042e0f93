package io.portcullis.datapath.track;

/** What became of {@link ConnectionTracker#importSnapshot}; after everything but IMPORTED the table is as before. */
public enum ImportResult {
    /** The table now holds exactly the snapshot's connections. */
    IMPORTED,
    /** A checksum, length, count, value or the digest is wrong. */
    DAMAGED,
    /** A chunk with another magic or format version. */
    FOREIGN_FORMAT,
    /** Two entries for the same connection. */
    DUPLICATE,
    /** More connections than this table may hold. */
    OVER_CAPACITY
}
