package io.portcullis.migration.model;

/** Where a VM's placement stands; the transitions are in {@link PlacementMachine}. */
public enum PlacementPhase {
    /** No host holds the VM. */
    DETACHED,
    /** A host was told to attach the VM and to enforce. */
    ATTACHING,
    /** One host enforces. */
    PLACED,
    /** An epoch is reserved; the destination admits the VM. The source enforces. */
    RESERVING,
    /** The destination is passive and ready. The source enforces. */
    PREPARED,
    /** The source sends the connection tables in rounds while it enforces. */
    PRECOPYING,
    /** The destination has nearly all of the tables, and gets what changes; a hypervisor has yet to say that it has stopped the VM. The source enforces. */
    AWAITING_STOP,
    /** The source was told to hand over; source and destination finish without the coordinator. */
    CUTTING_OVER,
    /** The destination enforces; the source has not yet confirmed that it let go. */
    COMMITTED,
    /** The destination is being cleared and, if the source may have sealed, the source takes the VM back. */
    ROLLING_BACK,
    /** The host was told to let the VM go. */
    DETACHING;

    /** Whether a migration is under way. */
    public boolean moving() {
        return switch (this) {
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP, CUTTING_OVER, COMMITTED, ROLLING_BACK -> true;
            case DETACHED, ATTACHING, PLACED, DETACHING -> false;
        };
    }

    /** Whether the source sends tables while it enforces. */
    public boolean sendsAhead() {
        return this == PRECOPYING || this == AWAITING_STOP;
    }

    /** Whether a migration is under way whose source was not told to cut over yet. */
    public boolean precedesCut() {
        return this == RESERVING || this == PREPARED || sendsAhead();
    }

    /**
     * Whether hosts are told nothing before the directory says it. A migration goes on by the journal alone; but whoever attaches a VM anew must not
     * do so while the directory names a host that had it before, was lost then, and will look there.
     */
    public boolean waitsForDirectory() {
        return this == ATTACHING;
    }

    /** Whether nothing is under way: no order to a host is open. */
    public boolean settled() {
        return this == DETACHED || this == PLACED;
    }
}
