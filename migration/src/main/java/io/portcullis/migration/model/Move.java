package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A migration that is under way.
 *
 * @param epoch what the destination gets
 * @param reclaimEpoch what the source gets if it must take the VM back after it may have sealed
 * @param targetAborted whether the destination is known, or because its host is lost presumed, never to activate
 * @param reclaim whether the roll-back must give the source the reclaim epoch
 * @param refusal why it is rolled back
 * @param mover who moves the VM itself
 * @param stopped whether the hypervisor has said that it stopped the VM
 * @param waitedSinceMillis wall clock when the source began to wait for its turn to be cut, which has come; 0 if it did not wait
 * @param pace of the operation that it belongs to; null if to none
 */
public record Move(
        String id,
        HostId from,
        HostId to,
        long epochBefore,
        long epoch,
        long reclaimEpoch,
        String requestedBy,
        long policyRevision,
        boolean targetAborted,
        boolean reclaim,
        boolean cancelled,
        @Nullable Refusal refusal,
        List<PhaseTime> phases,
        List<String> problems,
        Mover mover,
        boolean stopped,
        long waitedSinceMillis,
        @Nullable Pace pace) {
    public Move {
        // of snapshots from before hypervisors could move VMs
        mover = mover == null ? Mover.PRODUCT : mover;
        phases = List.copyOf(phases);
        problems = List.copyOf(problems);
    }

    static Move reserve(PlacementEvent.MigrationReserved event, HostId from, long epochBefore) {
        return new Move(
                event.id(),
                from,
                event.to(),
                epochBefore,
                event.epoch(),
                event.reclaimEpoch(),
                event.by(),
                0,
                false,
                false,
                false,
                null,
                List.of(new PhaseTime(PlacementPhase.RESERVING, event.atMillis())),
                List.of(),
                event.mover(),
                false,
                0,
                event.pace());
    }

    /** Whether the source may have begun to cut, and must take the VM back. */
    boolean mayBeCut() {
        return reclaim && phases.stream().anyMatch(time -> time.phase() == PlacementPhase.CUTTING_OVER);
    }

    Move enter(PlacementPhase phase, long atMillis) {
        List<PhaseTime> all = new ArrayList<>(phases);
        all.add(new PhaseTime(phase, atMillis));
        return with(policyRevision, targetAborted, reclaim, cancelled, refusal, all, problems);
    }

    /** The hypervisor has stopped the VM. */
    Move withVmStopped() {
        return with(true, waitedSinceMillis);
    }

    /** It was the source's turn to be cut after a wait since then; 0 if it did not wait. */
    Move waited(long sinceMillis) {
        return with(stopped, sinceMillis);
    }

    private Move with(boolean isStopped, long waitedSince) {
        return new Move(
                id,
                from,
                to,
                epochBefore,
                epoch,
                reclaimEpoch,
                requestedBy,
                policyRevision,
                targetAborted,
                reclaim,
                cancelled,
                refusal,
                phases,
                problems,
                mover,
                isStopped,
                waitedSince,
                pace);
    }

    /** Whether the cut waits for a hypervisor's word. */
    boolean awaitsStop() {
        return mover == Mover.HYPERVISOR && !stopped;
    }

    Move prepared(long revision) {
        return with(revision, targetAborted, reclaim, cancelled, refusal, phases, problems);
    }

    Move aborted() {
        return with(policyRevision, true, reclaim, cancelled, refusal, phases, problems);
    }

    Move rollingBack(Refusal why, boolean mustReclaim, boolean byOperator) {
        return with(policyRevision, targetAborted, mustReclaim, byOperator, why, phases, problems)
                .problem(why.message());
    }

    Move problem(String problem) {
        List<String> all = new ArrayList<>(problems);
        all.add(problem);
        return with(policyRevision, targetAborted, reclaim, cancelled, refusal, phases, all);
    }

    private Move with(
            long revision,
            boolean aborted,
            boolean mustReclaim,
            boolean byOperator,
            @Nullable Refusal why,
            List<PhaseTime> times,
            List<String> said) {
        return new Move(
                id,
                from,
                to,
                epochBefore,
                epoch,
                reclaimEpoch,
                requestedBy,
                revision,
                aborted,
                mustReclaim,
                byOperator,
                why,
                times,
                said,
                mover,
                stopped,
                waitedSinceMillis,
                pace);
    }
}
