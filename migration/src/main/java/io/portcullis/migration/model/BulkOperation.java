package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Many VMs that are moved as one thing: what a host carries, or what a plan says.
 *
 * <pre>
 * RUNNING ─ Pause ─▶ PAUSED ─ Resume ─▶ RUNNING
 *    │ no VM is left          └──────────── a leaving host only ────────────▶ LEAVING ─ it is gone ─▶ DONE
 *    ├──────────────────────▶ DONE         (a drained host stays closed, and the operation goes on if a VM turns up)
 *    │ what is left was tried often enough
 *    ├──────────────────────▶ INCOMPLETE ─ Restart ─▶ RUNNING
 *    └ Cancel, also from PAUSED, DONE, INCOMPLETE ─▶ CANCELLED
 * </pre>
 *
 * @param id unique in the cluster, for example {@code op-7}
 * @param host that is emptied; null for a rebalance
 * @param to the only hosts that VMs may go to; empty for all others
 * @param parallel migrations under way at the same time
 * @param leaving which node is told to leave; null before, so that a host that starts again is not told so
 * @param startedMillis wall clock, for people
 * @param endedMillis wall clock; 0 while it is not over
 * @param bytesPerSecond that all its migrations together may send ahead of their cuts; 0 for no limit
 */
public record BulkOperation(
        String id,
        Kind kind,
        @Nullable HostId host,
        List<HostId> to,
        int parallel,
        Priority priority,
        Phase phase,
        String by,
        @Nullable String leaving,
        long startedMillis,
        long endedMillis,
        List<BulkMove> moves,
        long bytesPerSecond) {
    public BulkOperation {
        to = List.copyOf(to);
        moves = List.copyOf(moves);
    }

    /** What it is for. */
    public enum Kind {
        /** Empties a host, which takes no VMs until the drain is cancelled. */
        DRAIN,
        /** As DRAIN; then the host's node leaves the cluster. */
        LEAVE,
        /** Empties a host once, which takes no VMs until that is done. */
        EVACUATE,
        /** Makes the moves of a {@link RebalancePlan}. */
        REBALANCE
    }

    /** Whose VMs go first, if there are budgets for some only. */
    public enum Priority {
        LOW,
        NORMAL,
        HIGH
    }

    /** How far it is. */
    public enum Phase {
        RUNNING,
        /** Nothing new begins; what is under way ends. */
        PAUSED,
        /** The node was told to leave the cluster. */
        LEAVING,
        DONE,
        /** All that could be moved was; see the problems. */
        INCOMPLETE,
        /** Nothing new begins; what was under way ended. */
        CANCELLED
    }

    /** Whether nothing more will happen to it, and its host, if it has one, takes VMs again. */
    public boolean over() {
        return switch (phase) {
            case RUNNING, PAUSED, LEAVING -> false;
            case DONE -> kind != Kind.DRAIN;
            case INCOMPLETE -> kind == Kind.EVACUATE || kind == Kind.REBALANCE;
            case CANCELLED -> true;
        };
    }

    /** Whether its host may take no VMs. */
    public boolean closes(HostId other) {
        return other.equals(host) && !over();
    }

    public int count(BulkMove.State state) {
        return (int) moves.stream().filter(move -> move.state() == state).count();
    }

    public List<BulkMove> with(BulkMove.State state) {
        return moves.stream().filter(move -> move.state() == state).toList();
    }

    public Optional<BulkMove> find(VmId vm) {
        return moves.stream().filter(move -> move.vm().equals(vm)).findFirst();
    }

    /** The host of an operation that has one. */
    public HostId source() {
        return Objects.requireNonNull(host, "a rebalance has no host of its own");
    }

    /** Milliseconds until all waiting VMs will have moved, if they take as long as those before; empty before the first one has, or if none waits. */
    public OptionalLong etaMillis() {
        List<BulkMove> done = with(BulkMove.State.MOVED).stream()
                .filter(move -> move.begunMillis() > 0)
                .toList();
        int left = count(BulkMove.State.WAITING) + count(BulkMove.State.MOVING);
        if (done.isEmpty() || left == 0 || over()) {
            return OptionalLong.empty();
        }
        double mean = done.stream()
                .mapToLong(move -> Math.max(0, move.endedMillis() - move.begunMillis()))
                .average()
                .orElse(0);
        double rounds = Math.ceil((double) left / parallel);
        return OptionalLong.of(Math.round(mean * rounds));
    }

    /**
     * What its migrations from one host may send. The hosts from which VMs are still to go have equal parts of the budget: one that has none left leaves its part to the others, and as none
     * comes to these, their parts only grow, so that whatever hosts have heard of, they never send more than the budget together.
     */
    public Pace pace(HostId from) {
        if (bytesPerSecond == 0) {
            return new Pace(id, 0);
        }
        Set<HostId> sources = new HashSet<>(Set.of(from));
        moves.stream()
                .filter(move -> move.state() == BulkMove.State.WAITING || move.state() == BulkMove.State.MOVING)
                .forEach(move -> sources.add(move.from()));
        return new Pace(id, Math.max(1, bytesPerSecond / sources.size()));
    }

    /** With other limits. */
    BulkOperation limited(int most, long bytes) {
        return new BulkOperation(
                id, kind, host, to, most, priority, phase, by, leaving, startedMillis, endedMillis, moves, bytes);
    }

    BulkOperation enter(Phase next, long atMillis) {
        BulkOperation entered = new BulkOperation(
                id, kind, host, to, parallel, priority, next, by, leaving, startedMillis, 0, moves, bytesPerSecond);
        return entered.over() ? entered.endedAt(atMillis) : entered;
    }

    private BulkOperation endedAt(long atMillis) {
        return new BulkOperation(
                id,
                kind,
                host,
                to,
                parallel,
                priority,
                phase,
                by,
                leaving,
                startedMillis,
                atMillis,
                moves,
                bytesPerSecond);
    }

    BulkOperation leaving(String node) {
        return new BulkOperation(
                id,
                kind,
                host,
                to,
                parallel,
                priority,
                Phase.LEAVING,
                by,
                node,
                startedMillis,
                0,
                moves,
                bytesPerSecond);
    }

    /** Goes on, with what failed, and perhaps for another purpose. */
    BulkOperation anew(Kind next, String who) {
        return new BulkOperation(
                id,
                next,
                host,
                to,
                parallel,
                priority,
                Phase.RUNNING,
                who,
                null,
                startedMillis,
                0,
                moves.stream().map(BulkMove::anew).toList(),
                bytesPerSecond);
    }

    BulkOperation withFound(List<VmId> vms) {
        List<BulkMove> all = new ArrayList<>(moves);
        // One that has come back counts once.
        all.removeIf(move -> vms.contains(move.vm()));
        vms.forEach(vm -> all.add(BulkMove.found(vm, source())));
        return withMoves(all);
    }

    BulkOperation withMove(VmId vm, UnaryOperator<BulkMove> change) {
        return withMoves(moves.stream()
                .map(move -> move.vm().equals(vm) ? change.apply(move) : move)
                .toList());
    }

    private BulkOperation withMoves(List<BulkMove> next) {
        return new BulkOperation(
                id,
                kind,
                host,
                to,
                parallel,
                priority,
                phase,
                by,
                leaving,
                startedMillis,
                endedMillis,
                next,
                bytesPerSecond);
    }
}
