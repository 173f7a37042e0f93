package io.portcullis.migration.model;

import io.portcullis.migration.model.BulkMove.State;
import io.portcullis.migration.model.BulkOperation.Kind;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides what happens to a {@link BulkOperation}; its class comment has the phases. Pure. */
public final class BulkMachine {
    private BulkMachine() {}

    /** Why a host cannot be emptied for that purpose as things stand; null if it can, or if that goes on already. */
    public static @Nullable Refusal whyNotEmpty(BulkState state, Kind kind, HostId host) {
        BulkOperation open = state.ofHost(host).filter(last -> !last.over()).orElse(null);
        if (open != null && (kind == Kind.EVACUATE || open.kind() == Kind.EVACUATE)) {
            return new Refusal(
                    RefusalCode.WRONG_STATE,
                    "host " + host + " is being emptied already (" + open.id() + ", " + open.kind()
                            + "); cancel that first");
        }
        return open == null ? whyNotStart(state) : null;
    }

    /** Why no operation can begin; null if one can. */
    public static @Nullable Refusal whyNotStart(BulkState state) {
        return state.open().size() >= BulkState.MAX_OPEN
                ? new Refusal(
                        RefusalCode.CAPACITY,
                        "there are " + BulkState.MAX_OPEN + " operations that are not over; cancel one")
                : null;
    }

    /** Why a plan cannot be carried out now; null if it can. */
    public static @Nullable Refusal whyNotRebalance(BulkState state) {
        return state.open().stream()
                .filter(operation -> operation.kind() == Kind.REBALANCE)
                .findFirst()
                .map(other -> new Refusal(
                        RefusalCode.WRONG_STATE, "a rebalance is under way (" + other.id() + "); cancel it first"))
                .orElseGet(() -> whyNotStart(state));
    }

    /**
     * What the host's VMs in the directory mean.
     *
     * @param listed VMs that are placed on the host
     * @param asked VMs whose migration was asked for and has not begun
     */
    public static List<BulkEvent> listed(BulkOperation operation, List<VmId> listed, Set<VmId> asked, long nowMillis) {
        if (operation.over() || operation.phase() == Phase.LEAVING) {
            return List.of();
        }
        List<BulkEvent> events = new ArrayList<>();
        List<VmId> found =
                listed.stream().filter(vm -> operation.find(vm).isEmpty()).toList();
        if (!found.isEmpty()) {
            events.add(new BulkEvent.VmsFound(operation.id(), found));
            if (operation.phase() == Phase.DONE || operation.phase() == Phase.INCOMPLETE) {
                events.add(new BulkEvent.PhaseEntered(operation.id(), Phase.RUNNING, operation.by(), nowMillis));
            }
        }
        Set<VmId> here = Set.copyOf(listed);
        for (BulkMove move : operation.moves()) {
            boolean isWaiting = move.state() == State.WAITING && !asked.contains(move.vm());
            boolean isOpen = isWaiting || move.state() == State.FAILED;
            if (isOpen && !here.contains(move.vm())) {
                events.add(new BulkEvent.MoveDone(operation.id(), move.vm(), nowMillis));
            }
        }
        return List.copyOf(events);
    }

    /**
     * Whether the operation has come to an end.
     *
     * @param node of the host that is to leave
     */
    public static List<BulkEvent> finished(BulkOperation operation, @Nullable String node, long nowMillis) {
        boolean mayEnd = operation.phase() == Phase.RUNNING || operation.phase() == Phase.INCOMPLETE;
        if (!mayEnd || operation.count(State.WAITING) + operation.count(State.MOVING) > 0) {
            return List.of();
        }
        if (operation.count(State.FAILED) > 0) {
            return operation.phase() == Phase.INCOMPLETE ? List.of() : enter(operation, Phase.INCOMPLETE, nowMillis);
        }
        if (operation.kind() != Kind.LEAVE) {
            return enter(operation, Phase.DONE, nowMillis);
        }
        return node == null ? List.of() : List.of(new BulkEvent.LeaveBegun(operation.id(), node, nowMillis));
    }

    /** What becomes of an operation whose host has left; nothing as long as the node that was told to leave is there. */
    public static List<BulkEvent> left(BulkOperation operation, @Nullable String node, long nowMillis) {
        return operation.phase() == Phase.LEAVING
                        && !String.valueOf(operation.leaving()).equals(node)
                ? enter(operation, Phase.DONE, nowMillis)
                : List.of();
    }

    /** Why an operation cannot enter a phase that somebody asks for; null if it can. */
    public static @Nullable Refusal whyNotEnter(BulkOperation operation, Phase next) {
        if (operation.phase() == Phase.LEAVING) {
            return new Refusal(
                    RefusalCode.TOO_LATE,
                    "host " + operation.host() + " has no VM any more and is leaving the cluster");
        }
        boolean fits = switch (next) {
            case PAUSED -> operation.phase() == Phase.RUNNING;
            case RUNNING -> operation.phase() == Phase.PAUSED || operation.phase() == Phase.INCOMPLETE;
            case CANCELLED -> !operation.over();
            case LEAVING, DONE, INCOMPLETE -> false;
        };
        return fits
                ? null
                : new Refusal(
                        RefusalCode.WRONG_STATE,
                        "operation " + operation.id() + " is " + operation.phase() + ", so it cannot become " + next);
    }

    /** Why an operation can have no other limits; null if it can. */
    public static @Nullable Refusal whyNotLimit(BulkOperation operation) {
        return operation.over() || operation.phase() == Phase.LEAVING
                ? new Refusal(
                        RefusalCode.WRONG_STATE,
                        "operation " + operation.id() + " is " + operation.phase() + ": it moves nothing any more")
                : null;
    }

    private static List<BulkEvent> enter(BulkOperation operation, Phase phase, long nowMillis) {
        return List.of(new BulkEvent.PhaseEntered(operation.id(), phase, operation.by(), nowMillis));
    }
}
