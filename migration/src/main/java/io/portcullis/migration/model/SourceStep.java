package io.portcullis.migration.model;

/** How far the source of a migration is; the transitions are in {@link SourceMachine}. */
public enum SourceStep {
    /** The destination lacks rules: it is looked whether there are some here. The vNICs enforce. */
    LOOKING,
    /** The way to the destination is tried. The vNICs enforce. */
    REHEARSING,
    /** The vNICs were told to cut over; some may have sealed. */
    CUTTING,
    /** All vNICs are sealed; their state is offered until the destination answers. */
    TRANSFERRING,
    /** The destination enforces; the order to release is awaited. */
    ACTIVATED,
    /** The vNICs were told to enforce again under the reclaim epoch. */
    RECLAIMING,
    /** The vNICs were told to let go. */
    RELEASING
}
