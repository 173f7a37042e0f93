package io.portcullis.datapath.runtime;

/**
 * Where the source of a cut-over stands.
 *
 * <pre>
 * CONNECTING ─ tunnel open: announce, steer the VM's queue to the destination ─▶
 * DRAINING_EGRESS ─ own queue empty, all of it decided and sent ─▶ FLUSHING_EGRESS ─ the fabric has it: EgressDrained ─▶
 * AWAITING_LEARNED ─ UplinkLearned ─▶ DRAINING_INGRESS ─ uplink empty, all of it decided ─▶
 * FLUSHING_INGRESS ─ the VM has it ─▶ SEALING ─ the rest of the table is exported: Sealed ─▶ SEALED
 *
 * SEALED ─ release ─▶ GRACE ─ time ─▶ LAST_DRAIN ─ own queue empty: close it, Released ─▶
 * AWAITING_HOME ─ the destination has steered the VM's queue to its new index and closed the tunnel ─▶ ENDED
 *
 * before SEALED ─ time-out, broken tunnel, Leaving ─▶ reclaim under the same epoch, the cut fails
 * up to SEALED ─ reclaim ─▶ RECLAIM_EGRESS ─ own queue empty: Reclaim ─▶ RECLAIM_ASKED ─ EgressReturned ─▶
 * RECLAIM_DRAINING ─ uplink empty: all that is older than what the destination holds was seen; hold, announce ─▶
 * RECLAIM_LEARNING ─ the fabric knows: ReclaimLearned ─▶
 * RECLAIM_RETURNING ─ Returned: what came back, what was held, live ─▶ ENDED, ENFORCING
 * </pre>
 */
enum SourcePhase implements CutoverPhase {
    /** The tunnel is being opened; the vNIC enforces as before. */
    CONNECTING(Part.CUT, false),
    /** What the VM sent before the swap of its queue is decided here. */
    DRAINING_EGRESS(Part.CUT, true),
    /** The fabric takes it in. */
    FLUSHING_EGRESS(Part.CUT, true),
    /** The destination makes the fabric send to it. */
    AWAITING_LEARNED(Part.CUT, false),
    /** What the fabric sent here before is decided here. */
    DRAINING_INGRESS(Part.CUT, true),
    /** The VM takes it in. */
    FLUSHING_INGRESS(Part.CUT, true),
    /** The table is final, and what was not exported of it yet is: at once, unless it is much. */
    SEALING(Part.CUT, false),
    /** Handed over; waits for an order, without a time limit. */
    SEALED(Part.SEALED, false),
    /** Released: what comes late is forwarded for a while. */
    GRACE(Part.RELEASE, false),
    /** The queue is read for the last time. */
    LAST_DRAIN(Part.RELEASE, true),
    /** The queue is closed; the destination takes over its index. */
    AWAITING_HOME(Part.RELEASE, false),
    /** Reclaimed before the own queue was empty. */
    RECLAIM_EGRESS(Part.RECLAIM, true),
    /** The destination steers the queue back and returns what it had in it. */
    RECLAIM_ASKED(Part.RECLAIM, false),
    /** What the fabric sent here before it sent to the destination is seen to. */
    RECLAIM_DRAINING(Part.RECLAIM, true),
    /** The fabric learns to send here again; what comes is held. */
    RECLAIM_LEARNING(Part.RECLAIM, true),
    /** The destination returns what it held. */
    RECLAIM_RETURNING(Part.RECLAIM, false),
    ENDED(Part.NONE, false);

    private enum Part {
        CUT,
        SEALED,
        RELEASE,
        RECLAIM,
        NONE
    }

    private final Part part;
    private final boolean drains;

    SourcePhase(Part part, boolean drains) {
        this.part = part;
        this.drains = drains;
    }

    /** Before the seal. */
    boolean isCut() {
        return part == Part.CUT;
    }

    boolean isRelease() {
        return part == Part.RELEASE;
    }

    boolean isReclaim() {
        return part == Part.RECLAIM;
    }

    @Override
    public boolean drains() {
        return drains;
    }

    @Override
    public boolean hasTimeLimit() {
        return part != Part.SEALED && part != Part.NONE;
    }
}
