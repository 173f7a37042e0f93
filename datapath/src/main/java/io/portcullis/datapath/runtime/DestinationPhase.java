package io.portcullis.datapath.runtime;

/**
 * Where the destination of a cut-over stands.
 *
 * <pre>
 * EXPECTING ─ tunnel with the token ─▶ CONNECTED ─ EgressDrained ─▶ DISCARDING ─ uplink empty: hold, announce ─▶
 * LEARNING ─ the fabric knows: UplinkLearned ─▶ READY ─ Sealed, table imported, activate ─▶
 * ACTIVE ─ Released: the queue's index is 0 now ─▶ ENDED
 * ACTIVE ─ tunnel broken ─▶ STEERING_HOME ─ time: the source's queue is gone with its process ─▶ ENDED
 *
 * before ACTIVE ─ release ordered here: Leaving ─▶ LEAVING ─ Reclaim, or time ─▶ RETURNING_EGRESS
 * before ACTIVE ─ Reclaim ─▶ RETURNING_EGRESS ─ own queue empty, all sent back: EgressReturned ─▶
 * AWAITING_LEARNED ─ ReclaimLearned ─▶ RETURNING_INGRESS ─ uplink empty, all sent back: Returned ─▶ ENDED, PASSIVE or closed
 * </pre>
 */
enum DestinationPhase implements CutoverPhase {
    /** A token was made; no source has come. */
    EXPECTING,
    /** The source decides; frames that reach the uplink here are its own to deliver. */
    CONNECTED,
    /** What the uplink had before is dropped: the source delivers it. */
    DISCARDING,
    /** The fabric learns to send here; what comes is held. */
    LEARNING,
    /** Waits for the seal, the table and the order to activate. */
    READY,
    /** Enforces; what comes late through the tunnel is decided at once. */
    ACTIVE,
    /** Enforces; the VM's queue must still be steered to its new index. */
    STEERING_HOME,
    /** Released before it enforced; the source says when to give back. */
    LEAVING,
    /** The VM's queue is steered back; what it had here goes to the source. */
    RETURNING_EGRESS,
    /** The source makes the fabric send to it. */
    AWAITING_LEARNED,
    /** What was held goes to the source. */
    RETURNING_INGRESS,
    ENDED;

    boolean isReturn() {
        return this == RETURNING_EGRESS || this == AWAITING_LEARNED || this == RETURNING_INGRESS;
    }

    @Override
    public boolean drains() {
        return this == DISCARDING || this == LEARNING || this == RETURNING_EGRESS || this == RETURNING_INGRESS;
    }

    /** The others wait for the source, which has the time limits, or for an order. */
    @Override
    public boolean hasTimeLimit() {
        return this == STEERING_HOME || this == LEAVING || isReturn();
    }
}
