package io.portcullis.migration;

import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkSchedule;
import io.portcullis.migration.model.BulkSchedule.HeldBack;
import io.portcullis.migration.model.RebalancePlan;
import io.portcullis.migration.model.Refusal;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers of {@link BulkOperations}. */
public sealed interface BulkReply extends CborSerializable {
    /** Moves and failures of an operation that an answer about it lists. */
    int MAX_LISTED = 1_000;

    /** Failures of each operation in a list. */
    int MAX_LISTED_OF_MANY = 10;

    /**
     * How an operation stands.
     *
     * @param total VMs that belong to it
     * @param moved of those, now elsewhere (or detached meanwhile)
     * @param moving of those, under way
     * @param waiting of those, not yet begun
     * @param failed VMs that could not be moved, and why; the first {@value #MAX_LISTED}
     * @param etaMillis until all will have moved; null if nothing can be said
     * @param moves the first {@value #MAX_LISTED}, if they were asked for
     * @param heldBack how many of the VMs that wait do so for which reason ({@link BulkSchedule.HeldBack}), when hosts were looked at last
     * @param bytesPerSecond that its migrations may send ahead of their cuts, all together; 0 for no limit
     * @param bytesPerSecondUsed that they have sent of late, as far as hosts have said; null if none has
     */
    record Status(
            String id,
            BulkOperation.Kind kind,
            @Nullable HostId host,
            List<HostId> to,
            BulkOperation.Phase phase,
            int parallel,
            BulkOperation.Priority priority,
            String by,
            long startedMillis,
            long endedMillis,
            int total,
            int moved,
            List<VmId> moving,
            int waiting,
            Map<String, String> failed,
            @Nullable Long etaMillis,
            List<BulkMove> moves,
            Map<String, Integer> heldBack,
            long bytesPerSecond,
            @Nullable Long bytesPerSecondUsed)
            implements BulkReply {
        public Status {
            to = List.copyOf(to);
            moving = List.copyOf(moving);
            failed = Map.copyOf(failed);
            moves = List.copyOf(moves);
            // a node of an older build does not say
            heldBack = heldBack == null ? Map.of() : Map.copyOf(heldBack);
        }

        static Status ofMany(BulkOperation operation, Map<HeldBack, Integer> heldBack, @Nullable Long used) {
            return of(operation, false, MAX_LISTED_OF_MANY, heldBack, used);
        }

        static Status of(
                BulkOperation operation, boolean withMoves, Map<HeldBack, Integer> heldBack, @Nullable Long used) {
            return of(operation, withMoves, MAX_LISTED, heldBack, used);
        }

        private static Status of(
                BulkOperation operation,
                boolean withMoves,
                int maxFailed,
                Map<HeldBack, Integer> heldBack,
                @Nullable Long used) {
            Map<String, Integer> reasons = new LinkedHashMap<>();
            heldBack.forEach((reason, count) -> reasons.put(reason.name(), count));
            Map<String, String> failed = new LinkedHashMap<>();
            operation.with(BulkMove.State.FAILED).stream()
                    .limit(maxFailed)
                    .forEach(move -> failed.put(move.vm().toString(), String.valueOf(move.problem())));
            var eta = operation.etaMillis();
            return new Status(
                    operation.id(),
                    operation.kind(),
                    operation.host(),
                    operation.to(),
                    operation.phase(),
                    operation.parallel(),
                    operation.priority(),
                    operation.by(),
                    operation.startedMillis(),
                    operation.endedMillis(),
                    operation.moves().size(),
                    operation.count(BulkMove.State.MOVED),
                    operation.with(BulkMove.State.MOVING).stream()
                            .map(BulkMove::vm)
                            .toList(),
                    operation.count(BulkMove.State.WAITING),
                    failed,
                    eta.isPresent() ? eta.getAsLong() : null,
                    withMoves ? operation.moves().stream().limit(MAX_LISTED).toList() : List.of(),
                    reasons,
                    operation.bytesPerSecond(),
                    used);
        }
    }

    record Operations(List<Status> operations) implements BulkReply {
        public Operations {
            operations = List.copyOf(operations);
        }
    }

    /**
     * A plan.
     *
     * @param operation that makes its moves; null for a dry run, or if there is nothing to move
     */
    record Planned(RebalancePlan plan, @Nullable Status operation) implements BulkReply {}

    /** Nobody ever emptied the host, as far as is remembered. */
    record NoOperation(HostId host) implements BulkReply {}

    /** Nothing was changed. */
    record Refused(RefusalCode code, String message) implements BulkReply {
        static Refused of(Refusal refusal) {
            return new Refused(refusal.code(), refusal.message());
        }
    }
}
