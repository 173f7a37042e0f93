package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import org.jspecify.annotations.Nullable;

/**
 * One VM of a {@link BulkOperation}.
 *
 * @param to where it goes; null while nobody has chosen
 * @param chosen whether {@code to} belongs to the plan, so that no other host will do
 * @param migration id of the migration that moves it or moved it; null before
 * @param attempts that failed, since it was last told to begin anew
 * @param problem of the last attempt that failed; null if none has
 * @param begunMillis wall clock of the migration's beginning, 0 before
 * @param endedMillis wall clock of the end, 0 before
 */
public record BulkMove(
        VmId vm,
        HostId from,
        @Nullable HostId to,
        boolean chosen,
        State state,
        @Nullable String migration,
        int attempts,
        @Nullable String problem,
        long begunMillis,
        long endedMillis) {
    /** How far a VM is. */
    public enum State {
        /** Its migration has not begun. */
        WAITING,
        /** Its migration is reserved or further. */
        MOVING,
        /** It is on another host, or was detached. */
        MOVED,
        /** It was tried often enough. */
        FAILED
    }

    /** A VM that goes to whichever host is best then. */
    static BulkMove found(VmId vm, HostId from) {
        return new BulkMove(vm, from, null, false, State.WAITING, null, 0, null, 0, 0);
    }

    /** A VM that goes where a plan says. */
    public static BulkMove planned(RebalancePlan.Step step) {
        return new BulkMove(step.vm(), step.from(), step.to(), true, State.WAITING, null, 0, null, 0, 0);
    }

    BulkMove begun(HostId target, String id, long atMillis) {
        return new BulkMove(vm, from, target, chosen, State.MOVING, id, attempts, problem, atMillis, 0);
    }

    BulkMove done(long atMillis) {
        return new BulkMove(vm, from, to, chosen, State.MOVED, migration, attempts, null, begunMillis, atMillis);
    }

    BulkMove failed(String why, boolean forGood, long atMillis) {
        return new BulkMove(
                vm,
                from,
                chosen ? to : null,
                chosen,
                forGood ? State.FAILED : State.WAITING,
                migration,
                attempts + 1,
                why,
                begunMillis,
                atMillis);
    }

    BulkMove anew() {
        return state == State.FAILED ? new BulkMove(vm, from, to, chosen, State.WAITING, null, 0, problem, 0, 0) : this;
    }
}
