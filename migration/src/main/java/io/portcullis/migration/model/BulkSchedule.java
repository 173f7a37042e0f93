package io.portcullis.migration.model;

import io.portcullis.migration.model.BulkMove.State;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.BulkOperation.Priority;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which VM's migration begins next: of the operations with the highest priority, and among these of the tenant that has the fewest under way, then of
 * the one whose turn was longest ago. One for each look at the operations; not thread-safe.
 */
public final class BulkSchedule {
    /**
     * How many migrations of all bulk operations may be under way.
     *
     * @param overall in the cluster
     * @param perHost from or to one host
     * @param bytesPerHost of memory that the VMs on their way into one host take there together; a VM that takes more goes there alone
     */
    public record Budget(int overall, int perHost, long bytesPerHost) {}

    /** Why a VM waits. */
    public enum HeldBack {
        /** Its operation has as many under way as it may. */
        PARALLEL,
        /** All operations together have. */
        CLUSTER,
        /** As many are under way from its host, or to each that it may go to, as may be. */
        HOST,
        /** The VMs on their way into each host that it may go to take as much memory as they may. */
        MEMORY,
        /** Its host does not answer, or its tenant, which says what it must be kept apart from. */
        SILENCE,
        /** No host that it may go to has room. */
        ROOM
    }

    /** A VM that may begin, and its operation. */
    public record Turn(BulkOperation operation, BulkMove move) {
        private TenantId tenant() {
            return move.vm().tenant();
        }
    }

    /** VMs of one tenant in one operation, in their order. */
    private record Lane(BulkOperation operation, Deque<BulkMove> waiting) {}

    private final Budget budget;
    private final Map<TenantId, Long> lastTurns;
    private final List<Lane> lanes;
    private final Map<String, Integer> byOperation = new HashMap<>();
    private final Map<HostId, Integer> byHost = new HashMap<>();
    private final Map<TenantId, Integer> byTenant = new HashMap<>();
    private final Map<HostId, Long> bytesInto = new HashMap<>();
    private final ToLongFunction<VmId> bytes;
    private final Map<String, Map<HeldBack, Integer>> skipped = new HashMap<>();
    private int underWay;

    /**
     * A schedule.
     *
     * @param asked VMs whose migration was asked for and has not begun, and where they go
     * @param lastTurns when each tenant last had a turn, any growing number; the schedule goes on with it
     * @param bytes of memory that a VM takes where it goes
     */
    public BulkSchedule(
            List<BulkOperation> operations,
            Map<VmId, HostId> asked,
            Map<TenantId, Long> lastTurns,
            Budget budget,
            ToLongFunction<VmId> bytes) {
        this.budget = budget;
        this.bytes = bytes;
        this.lastTurns = lastTurns;
        Map<String, Lane> found = new LinkedHashMap<>();
        for (BulkOperation operation : operations) {
            for (BulkMove move : operation.moves()) {
                HostId to = asked.get(move.vm());
                if (move.state() == State.MOVING) {
                    count(operation, move, move.to());
                } else if (move.state() == State.WAITING && to != null) {
                    count(operation, move, to);
                } else if (move.state() == State.WAITING && operation.phase() == Phase.RUNNING) {
                    found.computeIfAbsent(
                                    operation.id() + "/" + move.vm().tenant(),
                                    lane -> new Lane(operation, new ArrayDeque<>()))
                            .waiting()
                            .addLast(move);
                }
            }
        }
        this.lanes = List.copyOf(found.values());
    }

    /** The next VM that may begin; empty if none waits or a budget is used up. It stays the next one until {@link #begin} or {@link #skip}. */
    public Optional<Turn> next() {
        return lanes.stream()
                .flatMap(lane -> lane.waiting().stream()
                        .filter(move -> whyNot(lane.operation(), move) == null)
                        .findFirst()
                        .map(move -> new Turn(lane.operation(), move))
                        .stream())
                .min(Comparator.<Turn, Priority>comparing(
                                turn -> turn.operation().priority())
                        .reversed()
                        .thenComparingInt(turn -> byTenant.getOrDefault(turn.tenant(), 0))
                        .thenComparingLong(turn -> lastTurns.getOrDefault(turn.tenant(), 0L)));
    }

    private @Nullable HeldBack whyNot(BulkOperation operation, BulkMove move) {
        if (underWay >= budget.overall()) {
            return HeldBack.CLUSTER;
        }
        if (byOperation.getOrDefault(operation.id(), 0) >= operation.parallel()) {
            return HeldBack.PARALLEL;
        }
        HostId to = move.to();
        if (!mayHaveOneMore(move.from()) || (to != null && !mayHaveOneMore(to))) {
            return HeldBack.HOST;
        }
        return to == null || hasMemory(to, move.vm()) ? null : HeldBack.MEMORY;
    }

    /** Whether one more migration from or to the host may be under way. */
    public boolean mayHaveOneMore(HostId host) {
        return byHost.getOrDefault(host, 0) < budget.perHost();
    }

    /** Whether the VM may be on its way to the host beside those that are. */
    public boolean mayTake(HostId to, VmId vm) {
        return mayHaveOneMore(to) && hasMemory(to, vm);
    }

    private boolean hasMemory(HostId to, VmId vm) {
        long there = bytesInto.getOrDefault(to, 0L);
        return there == 0 || there + bytes.applyAsLong(vm) <= budget.bytesPerHost();
    }

    /** The VM's migration is asked for. */
    public void begin(Turn turn, HostId to) {
        remove(turn);
        count(turn.operation(), turn.move(), to);
        long now = lastTurns.values().stream().mapToLong(Long::longValue).max().orElse(0) + 1;
        lastTurns.put(turn.tenant(), now);
    }

    /** The VM does not begin this time. */
    public void skip(Turn turn, HeldBack why) {
        remove(turn);
        skipped.computeIfAbsent(turn.operation().id(), _ -> new EnumMap<>(HeldBack.class))
                .merge(why, 1, Integer::sum);
    }

    /** By operation, how many of its VMs wait and why, once there is no {@link #next}; operations of which none waits are left out. */
    public Map<String, Map<HeldBack, Integer>> heldBack() {
        Map<String, Map<HeldBack, Integer>> held = new HashMap<>();
        skipped.forEach((operation, reasons) -> held.put(operation, new EnumMap<>(reasons)));
        for (Lane lane : lanes) {
            for (BulkMove move : lane.waiting()) {
                HeldBack why = whyNot(lane.operation(), move);
                if (why != null) {
                    held.computeIfAbsent(lane.operation().id(), _ -> new EnumMap<>(HeldBack.class))
                            .merge(why, 1, Integer::sum);
                }
            }
        }
        return held;
    }

    private void remove(Turn turn) {
        lanes.stream()
                .filter(lane -> lane.operation().id().equals(turn.operation().id()))
                .forEach(lane -> lane.waiting().remove(turn.move()));
    }

    private void count(BulkOperation operation, BulkMove move, @Nullable HostId to) {
        underWay++;
        byOperation.merge(operation.id(), 1, Integer::sum);
        byTenant.merge(move.vm().tenant(), 1, Integer::sum);
        byHost.merge(move.from(), 1, Integer::sum);
        if (to != null) {
            byHost.merge(to, 1, Integer::sum);
            bytesInto.merge(to, bytes.applyAsLong(move.vm()), Long::sum);
        }
    }
}
