package io.portcullis.migration.model;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * All bulk operations of the cluster, oldest first; of those that are over the newest {@value #MAX_OVER}.
 *
 * @param started how many there ever were; the number in an id
 */
public record BulkState(long started, List<BulkOperation> operations) implements CborSerializable {
    /** Operations that are over and remembered. */
    public static final int MAX_OVER = 50;

    /** Operations that are not over; another one is refused. */
    public static final int MAX_OPEN = 200;

    public static final BulkState EMPTY = new BulkState(0, List.of());

    public BulkState {
        operations = List.copyOf(operations);
    }

    public String nextId() {
        return "op-" + (started + 1);
    }

    public Optional<BulkOperation> find(String id) {
        return operations.stream()
                .filter(operation -> operation.id().equals(id))
                .findFirst();
    }

    /** The newest operation that empties or emptied this host. */
    public Optional<BulkOperation> ofHost(HostId host) {
        return operations.reversed().stream()
                .filter(operation -> host.equals(operation.host()))
                .findFirst();
    }

    public List<BulkOperation> open() {
        return operations.stream().filter(operation -> !operation.over()).toList();
    }

    /** Whether the host may take no VMs. */
    public boolean closes(HostId host) {
        return operations.stream().anyMatch(operation -> operation.closes(host));
    }

    /** The state after {@code event}. Events come from decisions or the journal: one of an operation that is forgotten changes nothing. */
    public BulkState apply(BulkEvent event) {
        return switch (event) {
            case BulkEvent.OperationStarted e -> started(e.operation());
            case BulkEvent.OperationRestarted e -> change(e, operation -> operation.anew(e.kind(), e.by()));
            case BulkEvent.PhaseEntered e -> change(e, operation -> operation.enter(e.phase(), e.atMillis()));
            case BulkEvent.LeaveBegun e -> change(e, operation -> operation.leaving(e.node()));
            case BulkEvent.VmsFound e -> change(e, operation -> operation.withFound(e.vms()));
            case BulkEvent.LimitsChanged e ->
                change(e, operation -> operation.limited(e.parallel(), e.bytesPerSecond()));
            case BulkEvent.MoveBegun e ->
                change(
                        e,
                        operation ->
                                operation.withMove(e.vm(), move -> move.begun(e.to(), e.migration(), e.atMillis())));
            case BulkEvent.MoveDone e ->
                change(e, operation -> operation.withMove(e.vm(), move -> move.done(e.atMillis())));
            case BulkEvent.MoveFailed e ->
                change(
                        e,
                        operation ->
                                operation.withMove(e.vm(), move -> move.failed(e.why(), e.forGood(), e.atMillis())));
        };
    }

    private BulkState started(BulkOperation operation) {
        List<BulkOperation> next = new ArrayList<>(operations);
        next.add(operation);
        long over = next.stream().filter(BulkOperation::over).count();
        for (int i = 0; over > MAX_OVER; ) {
            if (next.get(i).over()) {
                next.remove(i);
                over--;
            } else {
                i++;
            }
        }
        return new BulkState(started + 1, next);
    }

    private BulkState change(BulkEvent event, UnaryOperator<BulkOperation> change) {
        return new BulkState(
                started,
                operations.stream()
                        .map(operation -> operation.id().equals(event.id()) ? change.apply(operation) : operation)
                        .toList());
    }
}
