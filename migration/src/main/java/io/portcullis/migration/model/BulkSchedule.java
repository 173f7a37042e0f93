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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
     */
    public record Budget(int overall, int perHost) {}

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
    private int underWay;

    /**
     * A schedule.
     *
     * @param asked VMs whose migration was asked for and has not begun, and where they go
     * @param lastTurns when each tenant last had a turn, any growing number; the schedule goes on with it
     */
    public BulkSchedule(
            List<BulkOperation> operations, Map<VmId, HostId> asked, Map<TenantId, Long> lastTurns, Budget budget) {
        this.budget = budget;
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
        if (underWay >= budget.overall()) {
            return Optional.empty();
        }
        return lanes.stream()
                .filter(lane -> byOperation.getOrDefault(lane.operation().id(), 0)
                        < lane.operation().parallel())
                .flatMap(lane -> lane.waiting().stream()
                        .filter(this::mayBegin)
                        .findFirst()
                        .map(move -> new Turn(lane.operation(), move))
                        .stream())
                .min(Comparator.<Turn, Priority>comparing(
                                turn -> turn.operation().priority())
                        .reversed()
                        .thenComparingInt(turn -> byTenant.getOrDefault(turn.tenant(), 0))
                        .thenComparingLong(turn -> lastTurns.getOrDefault(turn.tenant(), 0L)));
    }

    private boolean mayBegin(BulkMove move) {
        HostId to = move.to();
        return hasBudget(move.from()) && (to == null || hasBudget(to));
    }

    /** Whether one more migration from or to the host may be under way. */
    public boolean hasBudget(HostId host) {
        return byHost.getOrDefault(host, 0) < budget.perHost();
    }

    /** The VM's migration is asked for. */
    public void begin(Turn turn, HostId to) {
        skip(turn);
        count(turn.operation(), turn.move(), to);
        long now = lastTurns.values().stream().mapToLong(Long::longValue).max().orElse(0) + 1;
        lastTurns.put(turn.tenant(), now);
    }

    /** The VM does not begin this time. */
    public void skip(Turn turn) {
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
        }
    }
}
