package io.portcullis.migration.model;

import io.portcullis.migration.model.PlacementEvent.AttachRefused;
import io.portcullis.migration.model.PlacementEvent.AttachStarted;
import io.portcullis.migration.model.PlacementEvent.CutoverStarted;
import io.portcullis.migration.model.PlacementEvent.DetachStarted;
import io.portcullis.migration.model.PlacementEvent.MigrationCommitted;
import io.portcullis.migration.model.PlacementEvent.MigrationReserved;
import io.portcullis.migration.model.PlacementEvent.MigrationRolledBack;
import io.portcullis.migration.model.PlacementEvent.PreCopyStarted;
import io.portcullis.migration.model.PlacementEvent.ReplicaAssigned;
import io.portcullis.migration.model.PlacementEvent.RollbackStarted;
import io.portcullis.migration.model.PlacementEvent.SourceReleased;
import io.portcullis.migration.model.PlacementEvent.StopAwaited;
import io.portcullis.migration.model.PlacementEvent.TargetAborted;
import io.portcullis.migration.model.PlacementEvent.TargetPrepared;
import io.portcullis.migration.model.PlacementEvent.VmAttached;
import io.portcullis.migration.model.PlacementEvent.VmDetached;
import io.portcullis.migration.model.PlacementEvent.VmStopped;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what an input means for a placement. Pure: the same state, input and time always give the same decision.
 *
 * <pre>
 * phase         input                              events                                        next phase
 * DETACHED      AttachRequested                    AttachStarted(e+1)                            ATTACHING
 * ATTACHING     HostAttached                       VmAttached                                    PLACED
 *               HostRefusedAttach                  AttachRefused                                 DETACHED
 *               DeadlinePassed                     DetachStarted (it may have attached)          DETACHING
 *               HostsLost(host)                    DetachStarted VmDetached                      DETACHED
 * PLACED,       ReplicaIsAt (by its host)          ReplicaAssigned, if that is new               the same
 *  COMMITTED
 * PLACED        DetachRequested                    DetachStarted                                 DETACHING
 *               AttachRequested(host is lost)      AttachStarted(e+1, taken over)                ATTACHING
 *               MigrateRequested                   MigrationReserved(e+1, reclaim e+2)           RESERVING
 * DETACHING     HostDetached, HostsLost(host)      VmDetached                                    DETACHED
 * RESERVING     TargetIsReady                      TargetPrepared                                PREPARED
 * PREPARED      PreCopyOrdered                     PreCopyStarted                                PRECOPYING
 * PRECOPYING    SourceHasPreCopied                 CutoverStarted                                CUTTING_OVER
 *                the same, a hypervisor moves it   StopAwaited                                   AWAITING_STOP
 * AWAITING_STOP VmHasStopped(ready)                CutoverStarted                                CUTTING_OVER
 *               SourceHasPreCopied, VM stopped     CutoverStarted                                CUTTING_OVER
 * PRECOPYING,   SourceKept, SourceFailed           RollbackStarted                               ROLLING_BACK
 *  AWAITING_STOP
 * RESERVING,    CancelRequested, DeadlinePassed,   RollbackStarted                               ROLLING_BACK
 *  PREPARED,     HostsLost(from)
 *  PRECOPYING,  TargetGaveUp, HostsLost(to)        RollbackStarted TargetAborted RolledBack(e)   PLACED at from
 *  AWAITING_STOP VmHasStopped, too early           VmStopped: the cut needs no other word        the same
 * CUTTING_OVER  TargetHasActivated                 MigrationCommitted(e+1)                       COMMITTED at to
 *               SourceKept                         RollbackStarted                               ROLLING_BACK
 *               DeadlinePassed, HostsLost(one),    RollbackStarted(reclaim)                      ROLLING_BACK
 *                SourceFailed
 *               HostsLost(both)                    none: one of them knows, wait for it
 *               TargetGaveUp                       RollbackStarted(reclaim) TargetAborted        ROLLING_BACK
 *               SourceHasReclaimed                 RollbackStarted(reclaim)                      ROLLING_BACK
 * ROLLING_BACK  TargetHasActivated                 MigrationCommitted(e+1): roll forward         COMMITTED at to
 *                (by the source, once the target is aborted)
 *               TargetGaveUp, HostsLost(to)        TargetAborted, and RolledBack(e) if the source never may have sealed
 *               SourceHasReclaimed, HostsLost(from) once the target is aborted: RolledBack(e+2)  PLACED at from
 * COMMITTED,    TargetGaveUp (it died meanwhile)   AttachStarted(e+2, at to)                     ATTACHING
 *  PLACED
 * PLACED        HostRefusedAttach(it gave e up)    AttachStarted(e+1, at the same host)          ATTACHING
 * ROLLING_BACK  HostRefusedAttach(it gave e up)    RolledBack(e+2), AttachStarted(at from)       ATTACHING
 * COMMITTED     SourceHasReleased, DeadlinePassed, SourceReleased                                PLACED at to
 *                HostsLost(from)
 * </pre>
 *
 * Everything else changes nothing, or is refused if an operator asked for it. Nothing is journaled between CutoverStarted
 * and MigrationCommitted: the pause lies between them. The destination is the arbiter of the commit: the source gets the
 * reclaim epoch only after the destination promised never to activate, or is lost.
 */
public final class PlacementMachine {
    private PlacementMachine() {}

    /** What {@code input} means for a placement in {@code state}. */
    public static Decision decide(PlacementState state, PlacementInput input, long nowMillis) {
        return switch (input) {
            case PlacementInput.AttachRequested in -> attach(state, in, nowMillis);
            case PlacementInput.DetachRequested in -> detach(state, in, nowMillis);
            case PlacementInput.MigrateRequested in -> migrate(state, in, nowMillis);
            case PlacementInput.CancelRequested in -> cancel(state, in, nowMillis);
            case PlacementInput.HostAttached in ->
                only(attaching(state, in.epoch()), new VmAttached(in.epoch(), nowMillis, in.restored()));
            case PlacementInput.ReplicaIsAt in -> replicaIsAt(state, in, nowMillis);
            case PlacementInput.HostRefusedAttach in -> attachRefused(state, in, nowMillis);
            case PlacementInput.HostDetached in ->
                only(
                        state.phase() == PlacementPhase.DETACHING && state.epoch() <= in.epoch(),
                        new VmDetached(nowMillis));
            case PlacementInput.TargetIsReady in ->
                only(
                        state.phase() == PlacementPhase.RESERVING && state.isMoving(in.id()),
                        new TargetPrepared(in.id(), in.policyRevision(), nowMillis));
            case PlacementInput.PreCopyOrdered in ->
                only(
                        state.phase() == PlacementPhase.PREPARED && state.isMoving(in.id()),
                        new PreCopyStarted(in.id(), nowMillis));
            case PlacementInput.SourceHasPreCopied in -> preCopied(state, in, nowMillis);
            case PlacementInput.VmHasStopped in -> vmStopped(state, in, nowMillis);
            case PlacementInput.TargetHasActivated in -> activated(state, in, nowMillis);
            case PlacementInput.TargetGaveUp in ->
                isCommitted(state, in.id())
                        ? attachAgain(state, nowMillis)
                        : state.isMoving(in.id()) ? targetGone(state, in.refusal(), true, nowMillis) : Decision.NOTHING;
            case PlacementInput.SourceKept in ->
                (state.phase().sendsAhead() || state.phase() == PlacementPhase.CUTTING_OVER) && state.isMoving(in.id())
                        ? rollback(state, in.refusal(), false, false, nowMillis)
                        : Decision.NOTHING;
            case PlacementInput.SourceFailed in -> sourceFailed(state, in, nowMillis);
            case PlacementInput.SourceHasReclaimed in -> reclaimed(state, in, nowMillis);
            case PlacementInput.SourceHasReleased in ->
                only(
                        state.phase() == PlacementPhase.COMMITTED && state.isMoving(in.id()),
                        new SourceReleased(in.id(), true, nowMillis));
            case PlacementInput.HostsLost in -> hostsLost(state, in.hosts(), nowMillis);
            case PlacementInput.DeadlinePassed in ->
                state.phase() == in.phase() ? deadline(state, nowMillis) : Decision.NOTHING;
        };
    }

    /** Why the VM cannot be moved to {@code to} as things stand, as far as the placement itself knows; null if it can. */
    public static @Nullable Refusal whyNotMigrate(PlacementState state, HostId to) {
        if (state.phase().moving()) {
            return new Refusal(RefusalCode.MOVING, moving(state));
        }
        if (state.phase() == PlacementPhase.DETACHED) {
            return new Refusal(
                    RefusalCode.WRONG_STATE,
                    "VM " + state.vm() + " is attached to no host; attach it to " + to + " instead");
        }
        if (state.phase() != PlacementPhase.PLACED) {
            return new Refusal(RefusalCode.WRONG_STATE, busy(state));
        }
        if (to.equals(state.host())) {
            return new Refusal(RefusalCode.SAME_HOST, "VM " + state.vm() + " is already on host " + to);
        }
        return null;
    }

    /**
     * Why the VM cannot be attached as things stand; null if it can.
     *
     * @param hostLost whether the host that has the VM is no member of the cluster
     */
    public static @Nullable Refusal whyNotAttach(PlacementState state, boolean hostLost) {
        return switch (state.phase()) {
            case DETACHED -> null;
            case PLACED ->
                hostLost
                        ? null
                        : new Refusal(
                                RefusalCode.WRONG_STATE,
                                "VM " + state.vm() + " is already attached to host " + state.host()
                                        + "; migrate or detach it");
            case ATTACHING, DETACHING -> new Refusal(RefusalCode.WRONG_STATE, busy(state));
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP, CUTTING_OVER, COMMITTED, ROLLING_BACK ->
                new Refusal(RefusalCode.MOVING, moving(state));
        };
    }

    private static String moving(PlacementState state) {
        Move move = state.currentMove();
        return "VM " + state.vm() + " is moving from host " + move.from() + " to " + move.to() + " (migration "
                + move.id() + ", " + state.phase() + ")";
    }

    private static String busy(PlacementState state) {
        String doing = state.phase() == PlacementPhase.ATTACHING ? "being attached to" : "being detached from";
        return "VM " + state.vm() + " is " + doing + " host " + state.host();
    }

    private static Decision attach(PlacementState state, PlacementInput.AttachRequested in, long nowMillis) {
        Refusal why = whyNotAttach(state, in.hostLost());
        return why != null
                ? Decision.refuse(why)
                : Decision.of(new AttachStarted(
                        in.spec().withReplica(in.spec().replica() || wantsReplica(state)),
                        in.host(),
                        state.nextEpoch(),
                        in.by(),
                        nowMillis,
                        takenFrom(state, in.host()),
                        state.replicaInForce()));
    }

    private static @Nullable HostId takenFrom(PlacementState state, HostId to) {
        HostId before = state.phase() == PlacementPhase.DETACHED ? state.takenFrom() : state.host();
        return state.phase() == PlacementPhase.DETACHED && to.equals(before) ? null : before;
    }

    /** A hypervisor that starts the VM elsewhere knows nothing of what an operator wished for it. */
    private static boolean wantsReplica(PlacementState state) {
        return state.spec() != null && state.spec().replica();
    }

    private static Decision replicaIsAt(PlacementState state, PlacementInput.ReplicaIsAt in, long nowMillis) {
        boolean isHere = state.phase() == PlacementPhase.PLACED || state.phase() == PlacementPhase.COMMITTED;
        boolean isItsHost = isHere
                && in.from().equals(state.host())
                && in.epoch() == state.epoch()
                && !in.from().equals(in.host());
        ReplicaPlace place = in.host() == null ? null : new ReplicaPlace(in.host(), in.epoch());
        boolean isNew =
                !Objects.equals(place, state.replica()) || !Objects.equals(in.problem(), state.replicaProblem());
        return only(isItsHost && isNew, new ReplicaAssigned(in.epoch(), in.host(), in.problem(), nowMillis));
    }

    private static Decision detach(PlacementState state, PlacementInput.DetachRequested in, long nowMillis) {
        if (state.phase().moving()) {
            return Decision.refuse(new Refusal(RefusalCode.MOVING, moving(state)));
        }
        return switch (state.phase()) {
            case DETACHED ->
                Decision.refuse(new Refusal(
                        RefusalCode.WRONG_STATE, "VM " + state.vm() + " is attached to no host, nothing to detach"));
            case ATTACHING, DETACHING -> Decision.refuse(new Refusal(RefusalCode.WRONG_STATE, busy(state)));
            case PLACED, RESERVING, PREPARED, PRECOPYING, AWAITING_STOP, CUTTING_OVER, COMMITTED, ROLLING_BACK ->
                Decision.of(new DetachStarted(in.by(), nowMillis));
        };
    }

    private static Decision migrate(PlacementState state, PlacementInput.MigrateRequested in, long nowMillis) {
        Refusal why = whyNotMigrate(state, in.to());
        long epoch = state.nextEpoch();
        return why != null
                ? Decision.refuse(why)
                : Decision.of(new MigrationReserved(
                        in.id(), in.to(), epoch, epoch + 1, in.by(), nowMillis, in.mover(), in.pace()));
    }

    private static Decision cancel(PlacementState state, PlacementInput.CancelRequested in, long nowMillis) {
        MigrationReceipt last = state.lastReceipt();
        if (!state.isMoving(in.id())) {
            return Decision.refuse(
                    last != null && last.id().equals(in.id())
                            ? new Refusal(
                                    RefusalCode.TOO_LATE, "migration " + in.id() + " has ended: " + last.outcome())
                            : new Refusal(RefusalCode.UNKNOWN, "no migration " + in.id() + " of VM " + state.vm()));
        }
        return switch (state.phase()) {
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP ->
                rollback(state, new Refusal(RefusalCode.INVALID, "cancelled by " + in.by()), false, true, nowMillis);
            case CUTTING_OVER, COMMITTED ->
                Decision.refuse(new Refusal(
                        RefusalCode.TOO_LATE,
                        "the hand-over of migration " + in.id() + " has begun; migrate the VM back when it has ended"));
            case ROLLING_BACK, DETACHED, ATTACHING, PLACED, DETACHING ->
                Decision.refuse(new Refusal(RefusalCode.TOO_LATE, "migration " + in.id() + " is already rolled back"));
        };
    }

    private static Decision preCopied(PlacementState state, PlacementInput.SourceHasPreCopied in, long nowMillis) {
        if (!state.phase().sendsAhead() || !state.isMoving(in.id())) {
            return Decision.NOTHING;
        }
        if (!state.currentMove().awaitsStop()) {
            return Decision.of(new CutoverStarted(in.id(), in.problem(), nowMillis, in.waitedSinceMillis()));
        }
        return only(state.phase() == PlacementPhase.PRECOPYING, new StopAwaited(in.id(), in.problem(), nowMillis));
    }

    /** A hypervisor that says it again changes nothing, and neither does one that says it late. */
    private static Decision vmStopped(PlacementState state, PlacementInput.VmHasStopped in, long nowMillis) {
        MigrationReceipt last = state.lastReceipt();
        if (!state.isMoving(in.id())) {
            if (last == null || !last.id().equals(in.id())) {
                return Decision.refuse(
                        new Refusal(RefusalCode.UNKNOWN, "no migration " + in.id() + " of VM " + state.vm()));
            }
            return last.outcome() == MigrationOutcome.COMMITTED
                    ? Decision.NOTHING
                    : Decision.refuse(new Refusal(
                            RefusalCode.TOO_LATE, "migration " + in.id() + " has ended: " + last.outcome()));
        }
        if (state.currentMove().mover() == Mover.PRODUCT) {
            return Decision.refuse(new Refusal(
                    RefusalCode.WRONG_STATE,
                    "migration " + in.id() + " waits for no hypervisor: the product moves the VM"));
        }
        return switch (state.phase()) {
            case RESERVING, PREPARED, PRECOPYING ->
                only(state.currentMove().awaitsStop(), new VmStopped(in.id(), nowMillis));
            case AWAITING_STOP ->
                in.ready()
                        ? Decision.of(new CutoverStarted(in.id(), null, nowMillis, 0))
                        : only(state.currentMove().awaitsStop(), new VmStopped(in.id(), nowMillis));
            case CUTTING_OVER, COMMITTED -> Decision.NOTHING;
            case ROLLING_BACK, DETACHED, ATTACHING, PLACED, DETACHING ->
                Decision.refuse(new Refusal(RefusalCode.TOO_LATE, "migration " + in.id() + " is already rolled back"));
        };
    }

    private static boolean attaching(PlacementState state, long epoch) {
        return state.phase() == PlacementPhase.ATTACHING && state.epoch() == epoch;
    }

    /** A host that has given up the epoch that was granted last needs another one: what it said of that was lost, or nobody told it that it would get the VM back. */
    private static Decision attachRefused(PlacementState state, PlacementInput.HostRefusedAttach in, long nowMillis) {
        if (attaching(state, in.epoch())) {
            return Decision.of(new AttachRefused(in.refusal(), nowMillis));
        }
        if (in.refusal().code() != RefusalCode.STALE_EPOCH) {
            return Decision.NOTHING;
        }
        HostId here = state.host();
        if (state.phase() == PlacementPhase.PLACED && state.epoch() == in.epoch() && here != null) {
            return Decision.of(attachAfter(in.epoch(), state.nextEpoch(), state, here, nowMillis));
        }
        if (state.phase() == PlacementPhase.ROLLING_BACK) {
            Move move = state.currentMove();
            if (move.targetAborted() && move.reclaimEpoch() == in.epoch()) {
                return Decision.of(
                        new MigrationRolledBack(move.id(), move.reclaimEpoch(), false, nowMillis),
                        attachAfter(
                                in.epoch(),
                                Math.max(state.nextEpoch(), in.epoch() + 1),
                                state,
                                move.from(),
                                nowMillis));
            }
        }
        return Decision.NOTHING;
    }

    private static AttachStarted attachAfter(
            long givenUp, long epoch, PlacementState state, HostId host, long nowMillis) {
        return new AttachStarted(
                state.attachedSpec(), host, epoch, "host " + host + ", which had given up epoch " + givenUp, nowMillis);
    }

    private static Decision only(boolean applies, PlacementEvent event) {
        return applies ? Decision.of(event) : Decision.NOTHING;
    }

    private static Decision activated(PlacementState state, PlacementInput.TargetHasActivated in, long nowMillis) {
        boolean handingOver =
                state.phase() == PlacementPhase.CUTTING_OVER || state.phase() == PlacementPhase.ROLLING_BACK;
        return only(
                handingOver && state.isMoving(in.id()) && !isTooLate(state.currentMove(), in.by()),
                new MigrationCommitted(in.id(), in.vnics(), in.problems(), nowMillis));
    }

    /** Once the destination is given up the source may have its VM back, and it alone knows whether the destination was earlier. */
    private static boolean isTooLate(Move move, Side by) {
        return move.targetAborted() && by != Side.SOURCE;
    }

    private static Decision rollback(
            PlacementState state, Refusal why, boolean reclaim, boolean cancelled, long nowMillis) {
        return Decision.of(new RollbackStarted(state.currentMove().id(), why, reclaim, cancelled, nowMillis));
    }

    /** The destination never will activate: so it said ({@code confirmed}), or its host is lost. */
    private static Decision targetGone(PlacementState state, Refusal why, boolean confirmed, long nowMillis) {
        Move move = state.currentMove();
        TargetAborted aborted = new TargetAborted(move.id(), confirmed, nowMillis);
        return switch (state.phase()) {
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP ->
                Decision.of(
                        new RollbackStarted(move.id(), why, false, false, nowMillis),
                        aborted,
                        new MigrationRolledBack(move.id(), move.epochBefore(), true, nowMillis));
            case CUTTING_OVER -> Decision.of(new RollbackStarted(move.id(), why, true, false, nowMillis), aborted);
            case ROLLING_BACK -> {
                if (move.targetAborted()) {
                    yield Decision.NOTHING;
                }
                yield move.reclaim()
                        ? Decision.of(aborted)
                        : Decision.of(aborted, new MigrationRolledBack(move.id(), move.epochBefore(), true, nowMillis));
            }
            case DETACHED, ATTACHING, PLACED, DETACHING, COMMITTED -> Decision.NOTHING;
        };
    }

    private static boolean isCommitted(PlacementState state, String id) {
        MigrationReceipt receipt = state.lastReceipt();
        boolean isThere = state.phase() == PlacementPhase.COMMITTED || state.phase() == PlacementPhase.PLACED;
        return isThere
                && receipt != null
                && receipt.id().equals(id)
                && receipt.outcome() == MigrationOutcome.COMMITTED
                && receipt.epochAfter() == state.epoch();
    }

    /** A destination that died after it had activated, and promised never to when it was asked: it needs another epoch. */
    private static Decision attachAgain(PlacementState state, long nowMillis) {
        MigrationReceipt receipt = Objects.requireNonNull(state.lastReceipt(), "a committed migration has a receipt");
        AttachStarted again = new AttachStarted(
                state.attachedSpec(),
                receipt.to(),
                state.nextEpoch(),
                "loss of what host " + receipt.to() + " had activated",
                nowMillis);
        return state.phase() == PlacementPhase.COMMITTED
                ? Decision.of(new SourceReleased(receipt.id(), false, nowMillis), again)
                : Decision.of(again);
    }

    /** Whether the destination enforces, it will say when it is told to give up. Before the order to cut none was given to the data path. */
    private static Decision sourceFailed(PlacementState state, PlacementInput.SourceFailed in, long nowMillis) {
        boolean isCut = state.phase() == PlacementPhase.CUTTING_OVER;
        return (isCut || state.phase().sendsAhead()) && state.isMoving(in.id())
                ? rollback(state, in.refusal(), isCut, false, nowMillis)
                : Decision.NOTHING;
    }

    /** The source may report this before the destination has confirmed that it gave up; it is asked again then. */
    private static Decision reclaimed(PlacementState state, PlacementInput.SourceHasReclaimed in, long nowMillis) {
        if (!state.isMoving(in.id())) {
            return Decision.NOTHING;
        }
        Move move = state.currentMove();
        if (state.phase() == PlacementPhase.CUTTING_OVER) {
            return rollback(state, in.refusal(), true, false, nowMillis);
        }
        return only(
                state.phase() == PlacementPhase.ROLLING_BACK && move.targetAborted(),
                new MigrationRolledBack(move.id(), move.reclaimEpoch(), true, nowMillis));
    }

    private static Decision hostsLost(PlacementState state, Set<HostId> lost, long nowMillis) {
        if (!state.phase().moving()) {
            HostId host = state.host();
            return host == null || !lost.contains(host) ? Decision.NOTHING : onlyHostLost(state, host, nowMillis);
        }
        Move move = state.currentMove();
        boolean fromLost = lost.contains(move.from());
        boolean toLost = lost.contains(move.to());
        if (!fromLost && !toLost) {
            return Decision.NOTHING;
        }
        Refusal why = new Refusal(
                RefusalCode.HOST_UNAVAILABLE,
                (toLost ? "target host " + move.to() : "source host " + move.from()) + " was lost in phase "
                        + state.phase());
        return switch (state.phase()) {
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP ->
                toLost ? targetGone(state, why, false, nowMillis) : rollback(state, why, false, false, nowMillis);
            case CUTTING_OVER -> fromLost && toLost ? Decision.NOTHING : rollback(state, why, true, false, nowMillis);
            case ROLLING_BACK -> lostWhileRollingBack(state, why, fromLost, toLost, nowMillis);
            case COMMITTED -> only(fromLost, new SourceReleased(move.id(), false, nowMillis));
            case DETACHED, ATTACHING, PLACED, DETACHING -> Decision.NOTHING;
        };
    }

    private static Decision lostWhileRollingBack(
            PlacementState state, Refusal why, boolean fromLost, boolean toLost, long nowMillis) {
        Move move = state.currentMove();
        if (move.targetAborted()) {
            return only(fromLost, new MigrationRolledBack(move.id(), move.reclaimEpoch(), false, nowMillis));
        }
        if (!toLost || (fromLost && move.reclaim())) {
            return Decision.NOTHING;
        }
        return targetGone(state, why, false, nowMillis);
    }

    private static Decision onlyHostLost(PlacementState state, HostId host, long nowMillis) {
        return switch (state.phase()) {
            case ATTACHING ->
                Decision.of(new DetachStarted("loss of host " + host, nowMillis), new VmDetached(nowMillis, host));
            case DETACHING -> Decision.of(new VmDetached(nowMillis, host));
            case DETACHED,
                    PLACED,
                    RESERVING,
                    PREPARED,
                    PRECOPYING,
                    AWAITING_STOP,
                    CUTTING_OVER,
                    COMMITTED,
                    ROLLING_BACK -> Decision.NOTHING;
        };
    }

    private static Decision deadline(PlacementState state, long nowMillis) {
        Refusal why = new Refusal(RefusalCode.TIMEOUT, "phase " + state.phase() + " took longer than its limit");
        return switch (state.phase()) {
            case ATTACHING -> Decision.of(new DetachStarted("time-out of the attach", nowMillis));
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP -> rollback(state, why, false, false, nowMillis);
            case CUTTING_OVER -> rollback(state, why, true, false, nowMillis);
            case COMMITTED -> Decision.of(new SourceReleased(state.currentMove().id(), false, nowMillis));
            case DETACHED, PLACED, DETACHING, ROLLING_BACK -> Decision.NOTHING;
        };
    }
}
