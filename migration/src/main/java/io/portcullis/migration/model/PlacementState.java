package io.portcullis.migration.model;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.VmSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who may enforce a VM's vNICs: the state that the journaled events add up to.
 *
 * @param epoch ownership epoch in force, or the last one if the VM is detached; 0 before the first attach
 * @param grantedEpoch highest epoch that any host was ever granted and may still hold; no later grant goes below it
 * @param spec what is attached; null if nothing is
 * @param host host that enforces, or that was told to attach or detach; null if the VM is detached
 * @param move migration under way, null if none is
 * @param lastReceipt receipt of the migration that ended last, null if none has
 * @param takenFrom the lost host from which the VM was taken over under the epoch in force, or, if the VM is detached, from which it will be: it did not
 *     say that it let go; null otherwise
 * @param replica who has a replica of what the VM's host has, or had before it was lost; null if nobody, and before there were replicas
 * @param replicaProblem why nobody has although somebody should; null otherwise
 * @param restored what the VM began with after it was taken over; null otherwise
 * @param formerHosts hosts that had the VM, or were told to attach it, since one was last heard to have it, and were lost before they said that they let go; and {@code takenFrom}, which is all that
 *     earlier builds stored
 */
public record PlacementState(
        VmId vm,
        PlacementPhase phase,
        long epoch,
        long grantedEpoch,
        @Nullable VmSpec spec,
        @Nullable HostId host,
        @Nullable Move move,
        @Nullable MigrationReceipt lastReceipt,
        @Nullable HostId takenFrom,
        @Nullable ReplicaPlace replica,
        @Nullable String replicaProblem,
        @Nullable Restored restored,
        List<HostId> formerHosts)
        implements CborSerializable {
    public PlacementState {
        formerHosts =
                formerHosts != null ? List.copyOf(formerHosts) : takenFrom == null ? List.of() : List.of(takenFrom);
    }

    /** Of a VM without a replica. */
    public PlacementState(
            VmId vm,
            PlacementPhase phase,
            long epoch,
            long grantedEpoch,
            @Nullable VmSpec spec,
            @Nullable HostId host,
            @Nullable Move move,
            @Nullable MigrationReceipt lastReceipt,
            @Nullable HostId takenFrom) {
        this(
                vm,
                phase,
                epoch,
                grantedEpoch,
                spec,
                host,
                move,
                lastReceipt,
                takenFrom,
                null,
                null,
                null,
                takenFrom == null ? List.of() : List.of(takenFrom));
    }

    public static PlacementState empty(VmId vm) {
        return new PlacementState(vm, PlacementPhase.DETACHED, 0, 0, null, null, null, null, null);
    }

    /** The replica by which another host could go on: nobody has enforced since it was written. */
    public @Nullable ReplicaPlace replicaInForce() {
        // an attach that was refused leaves the VM detached, and the replica as good as it was
        return replica != null && (phase == PlacementPhase.DETACHED || replica.epoch() == epoch) ? replica : null;
    }

    private PlacementState withReplica(
            @Nullable ReplicaPlace place, @Nullable String problem, @Nullable Restored begunWith) {
        return new PlacementState(
                vm,
                phase,
                epoch,
                grantedEpoch,
                spec,
                host,
                move,
                lastReceipt,
                takenFrom,
                place,
                problem,
                begunWith,
                formerHosts);
    }

    private PlacementState withFormerHosts(List<HostId> formers) {
        return new PlacementState(
                vm,
                phase,
                epoch,
                grantedEpoch,
                spec,
                host,
                move,
                lastReceipt,
                takenFrom,
                replica,
                replicaProblem,
                restored,
                formers);
    }

    private static List<HostId> both(List<HostId> some, @Nullable HostId other) {
        return Stream.concat(some.stream(), Stream.ofNullable(other)).distinct().toList();
    }

    /** The epoch that the next grant gets. */
    public long nextEpoch() {
        return Math.max(epoch, grantedEpoch) + 1;
    }

    /** Whether {@code id} is the migration under way. */
    public boolean isMoving(String id) {
        return move != null && move.id().equals(id);
    }

    /** The spec of a VM that is not detached. */
    public VmSpec attachedSpec() {
        return Objects.requireNonNull(spec, "the VM is detached");
    }

    /** The migration of a phase that has one. */
    public Move currentMove() {
        return Objects.requireNonNull(move, "no migration is under way");
    }

    /** The hosts whose loss matters now. */
    public Set<HostId> hostsInvolved() {
        return move != null ? Set.of(move.from(), move.to()) : host != null ? Set.of(host) : Set.of();
    }

    private HostId currentHost() {
        return Objects.requireNonNull(host, "the VM is detached");
    }

    /** What must be told to hosts until they answer; empty if the placement is settled. */
    public List<PlacementOrder> orders() {
        return switch (phase) {
            case DETACHED, PLACED -> List.of();
            case ATTACHING -> List.of(new PlacementOrder.Attach(currentHost(), epoch, takenFrom, replica));
            case DETACHING -> List.of(new PlacementOrder.Detach(currentHost(), epoch));
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP, CUTTING_OVER, ROLLING_BACK, COMMITTED ->
                orders(currentMove());
        };
    }

    private List<PlacementOrder> orders(Move moving) {
        return switch (phase) {
            case RESERVING, PREPARED, PRECOPYING, AWAITING_STOP ->
                List.of(new PlacementOrder.PrepareTarget(moving.to(), moving.id(), moving.epoch()));
            case CUTTING_OVER ->
                List.of(
                        new PlacementOrder.QueryTarget(moving.to(), moving.id(), moving.epoch()),
                        new PlacementOrder.QuerySource(moving.from(), moving.id(), moving.epochBefore()));
            case ROLLING_BACK ->
                List.of(
                        moving.targetAborted()
                                ? new PlacementOrder.ReclaimSource(moving.from(), moving.id(), moving.reclaimEpoch())
                                : new PlacementOrder.AbortTarget(
                                        moving.to(), moving.id(), moving.epoch(), moving.mayBeCut()));
            case COMMITTED ->
                List.of(new PlacementOrder.ReleaseSource(
                        moving.from(), moving.id(), moving.epochBefore(), moving.to(), moving.epoch()));
            case DETACHED, ATTACHING, PLACED, DETACHING -> List.of();
        };
    }

    /** The first order of CUTTING_OVER, before the questions that {@link #orders} has for that phase. */
    public PlacementOrder startCutover() {
        Move moving = currentMove();
        return new PlacementOrder.StartCutover(
                moving.from(), moving.id(), moving.epochBefore(), moving.epoch(), moving.reclaimEpoch());
    }

    /**
     * What a host must be told that has sealed the VM and does not know what became of migration {@code id}, or was not told to let
     * it go, or that has given up the epoch that it found in the directory; null as long as that is not decided, or is told anyway.
     *
     * @param id empty if the host has forgotten that, too
     */
    public @Nullable PlacementOrder orderForWaiting(HostId waiting, String id) {
        if (phase == PlacementPhase.DETACHED && id.isEmpty()) {
            return epoch == 0 ? null : new PlacementOrder.Detach(waiting, epoch);
        }
        if (phase == PlacementPhase.DETACHED && lastReceipt != null) {
            return new PlacementOrder.ReleaseSource(waiting, id, epoch - 1, lastReceipt.to(), epoch);
        }
        if (isMoving(id) || phase != PlacementPhase.PLACED) {
            return null;
        }
        HostId here = currentHost();
        return here.equals(waiting)
                ? new PlacementOrder.ReclaimSource(waiting, id, epoch)
                : new PlacementOrder.ReleaseSource(waiting, id, epoch - 1, here, epoch);
    }

    /** The state after {@code event}. Events come from the machine or the journal: one that does not fit is a bug. */
    public PlacementState apply(PlacementEvent event) {
        return switch (event) {
            case PlacementEvent.AttachStarted e ->
                new PlacementState(
                        vm,
                        PlacementPhase.ATTACHING,
                        e.epoch(),
                        e.epoch(),
                        e.spec(),
                        e.host(),
                        null,
                        lastReceipt,
                        e.takenFrom(),
                        e.replica(),
                        null,
                        null,
                        both(phase == PlacementPhase.DETACHED ? formerHosts : List.of(), e.takenFrom()));
            case PlacementEvent.VmAttached e ->
                settled(PlacementPhase.PLACED, epoch, lastReceipt)
                        .withReplica(null, null, e.restored())
                        .withFormerHosts(both(List.of(), takenFrom));
            case PlacementEvent.AttachRefused e ->
                detached(takenFrom).withReplica(replica, null, null).withFormerHosts(formerHosts);
            case PlacementEvent.ReplicaAssigned e ->
                withReplica(e.host() == null ? null : new ReplicaPlace(e.host(), e.epoch()), e.problem(), restored);
            case PlacementEvent.DetachStarted e ->
                settled(PlacementPhase.DETACHING, epoch, lastReceipt)
                        .withFormerHosts(phase == PlacementPhase.ATTACHING ? formerHosts : List.of());
            case PlacementEvent.VmDetached e ->
                detached(e.unconfirmed()).withFormerHosts(both(formerHosts, e.unconfirmed()));
            case PlacementEvent.MigrationReserved e ->
                new PlacementState(
                        vm,
                        PlacementPhase.RESERVING,
                        epoch,
                        e.epoch(),
                        spec,
                        host,
                        Move.reserve(e, currentHost(), epoch),
                        lastReceipt,
                        takenFrom,
                        replica,
                        replicaProblem,
                        restored,
                        formerHosts);
            case PlacementEvent.TargetPrepared e ->
                moving(
                        PlacementPhase.PREPARED,
                        currentMove().prepared(e.policyRevision()).enter(PlacementPhase.PREPARED, e.atMillis()));
            case PlacementEvent.PreCopyStarted e ->
                moving(PlacementPhase.PRECOPYING, currentMove().enter(PlacementPhase.PRECOPYING, e.atMillis()));
            case PlacementEvent.StopAwaited e -> {
                Move waiting = currentMove().enter(PlacementPhase.AWAITING_STOP, e.atMillis());
                yield moving(
                        PlacementPhase.AWAITING_STOP, e.problem() == null ? waiting : waiting.problem(e.problem()));
            }
            case PlacementEvent.VmStopped e -> moving(phase, currentMove().withVmStopped());
            case PlacementEvent.CutoverStarted e -> {
                Move cutting =
                        currentMove().waited(e.waitedSinceMillis()).enter(PlacementPhase.CUTTING_OVER, e.atMillis());
                yield moving(PlacementPhase.CUTTING_OVER, e.problem() == null ? cutting : cutting.problem(e.problem()));
            }
            case PlacementEvent.MigrationCommitted e -> committed(e);
            case PlacementEvent.SourceReleased e -> released(e);
            case PlacementEvent.RollbackStarted e ->
                moving(
                        PlacementPhase.ROLLING_BACK,
                        currentMove()
                                .rollingBack(e.refusal(), e.reclaim(), e.cancelled())
                                .enter(PlacementPhase.ROLLING_BACK, e.atMillis()));
            case PlacementEvent.TargetAborted e -> moving(phase, targetAborted(e));
            case PlacementEvent.MigrationRolledBack e -> rolledBack(e);
        };
    }

    private Move targetAborted(PlacementEvent.TargetAborted event) {
        Move aborted = currentMove().aborted();
        return event.confirmed()
                ? aborted
                : aborted.problem("host " + aborted.to() + " was lost and did not confirm that it gave up");
    }

    private PlacementState committed(PlacementEvent.MigrationCommitted event) {
        Move done = currentMove().enter(PlacementPhase.COMMITTED, event.atMillis());
        for (String problem : event.problems()) {
            done = done.problem(problem);
        }
        MigrationReceipt receipt = receipt(done, MigrationOutcome.COMMITTED, done.epoch(), event.vnics());
        return new PlacementState(
                vm, PlacementPhase.COMMITTED, done.epoch(), done.epoch(), spec, done.to(), done, receipt, null);
    }

    private PlacementState released(PlacementEvent.SourceReleased event) {
        MigrationReceipt receipt = Objects.requireNonNull(lastReceipt, "a committed migration has a receipt");
        List<PhaseTime> phases = new ArrayList<>(receipt.phases());
        phases.add(new PhaseTime(PlacementPhase.PLACED, event.atMillis()));
        List<String> problems = new ArrayList<>(receipt.problems());
        if (!event.confirmed()) {
            problems.add("host " + receipt.from() + " did not confirm that it let go; its epoch "
                    + receipt.epochBefore() + " is void");
        }
        MigrationReceipt ended = new MigrationReceipt(
                receipt.id(),
                receipt.vm(),
                receipt.from(),
                receipt.to(),
                receipt.epochBefore(),
                receipt.epochAfter(),
                receipt.requestedBy(),
                receipt.outcome(),
                phases,
                receipt.vnics(),
                problems,
                receipt.waitedSinceMillis());
        return settled(PlacementPhase.PLACED, epoch, ended);
    }

    private PlacementState rolledBack(PlacementEvent.MigrationRolledBack event) {
        Move move = currentMove().enter(PlacementPhase.PLACED, event.atMillis());
        if (!event.confirmed()) {
            move = move.problem(
                    "host " + move.from() + " is down; the VM's firewall resumes there from its last checkpoint");
        }
        MigrationOutcome outcome = move.cancelled()
                ? MigrationOutcome.CANCELLED
                : move.reclaim() ? MigrationOutcome.RECLAIMED : MigrationOutcome.ROLLED_BACK;
        PlacementState back =
                settled(PlacementPhase.PLACED, event.epoch(), receipt(move, outcome, event.epoch(), List.of()));
        return replica == null || replica.epoch() == event.epoch() ? back : back.withReplica(null, null, restored);
    }

    private MigrationReceipt receipt(Move move, MigrationOutcome outcome, long epochAfter, List<VnicTransfer> vnics) {
        return new MigrationReceipt(
                move.id(),
                vm,
                move.from(),
                move.to(),
                move.epochBefore(),
                epochAfter,
                move.requestedBy(),
                outcome,
                move.phases(),
                vnics,
                move.problems(),
                move.waitedSinceMillis());
    }

    private PlacementState moving(PlacementPhase next, Move changed) {
        return new PlacementState(
                vm,
                next,
                epoch,
                grantedEpoch,
                spec,
                host,
                changed,
                lastReceipt,
                takenFrom,
                replica,
                replicaProblem,
                restored,
                formerHosts);
    }

    private PlacementState settled(PlacementPhase next, long nextEpoch, @Nullable MigrationReceipt receipt) {
        return new PlacementState(
                vm,
                next,
                nextEpoch,
                Math.max(grantedEpoch, nextEpoch),
                spec,
                host,
                null,
                receipt,
                takenFrom,
                replica,
                replicaProblem,
                restored,
                formerHosts);
    }

    private PlacementState detached(@Nullable HostId unconfirmed) {
        return new PlacementState(
                vm, PlacementPhase.DETACHED, epoch, grantedEpoch, null, null, null, lastReceipt, unconfirmed);
    }
}
