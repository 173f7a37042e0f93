package io.portcullis.migration.model;

/** How a migration ended. */
public enum MigrationOutcome {
    /** The destination enforces. */
    COMMITTED,
    /** Given up before the source sealed: the source never stopped enforcing, its epoch is unchanged. */
    ROLLED_BACK,
    /** Given up after the source may have sealed: it enforces again under a new epoch. */
    RECLAIMED,
    /** An operator cancelled it before the hand-over; the source never stopped enforcing. */
    CANCELLED
}
