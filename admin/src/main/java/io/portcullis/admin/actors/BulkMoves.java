package io.portcullis.admin.actors;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.OperationMove;
import io.portcullis.api.OperationView;
import io.portcullis.api.RebalanceView;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.BulkReply;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation.Kind;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.RebalancePlan;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;

/** Many VMs that are moved as one thing. Thread-safe. */
final class BulkMoves {
    private final ClusterAccess access;
    private final Asking asking;
    private final Hosts hosts;

    BulkMoves(ClusterAccess access, Asking asking, Hosts hosts) {
        this.access = access;
        this.asking = asking;
        this.hosts = hosts;
    }

    private CompletionStage<BulkReply> ask(Function<ActorRef<BulkReply>, BulkCommand> command) {
        return asking.ask(access.operations(), command).thenApply(reply -> {
            if (reply instanceof BulkReply.Refused(RefusalCode code, String message)) {
                throw code == RefusalCode.UNKNOWN && message.contains("operation")
                        ? new RefusedException(ProblemKind.UNKNOWN, message, "'portcullis get operations' shows them")
                        : Asking.refused(code, message);
            }
            return reply;
        });
    }

    CompletionStage<EvacuationView> empty(HostId host, Kind kind, BulkCommand.Wishes wishes, String by) {
        return hosts.requireUp(host)
                .thenCompose(up -> ask(replyTo -> new BulkCommand.Empty(kind, host, wishes, by, replyTo)))
                .thenApply(reply -> evacuation(host, reply));
    }

    CompletionStage<EvacuationView> stopDrain(HostId host, String by) {
        return hosts.requireUp(host)
                .thenCompose(up -> ask(replyTo -> new BulkCommand.StopDrain(host, by, replyTo)))
                .thenApply(reply -> evacuation(host, reply));
    }

    CompletionStage<EvacuationView> evacuation(HostId host) {
        return hosts.requireKnown(host)
                .thenCompose(known -> ask(replyTo -> new BulkCommand.GetDrain(host, replyTo)))
                .thenApply(reply -> evacuation(host, reply));
    }

    CompletionStage<List<OperationView>> list() {
        return ask(BulkCommand.ListOperations::new).thenApply(reply -> switch (reply) {
            case BulkReply.Operations(List<BulkReply.Status> operations) ->
                operations.stream().map(BulkMoves::view).toList();
            case Object other -> throw Asking.unexpected(other);
        });
    }

    CompletionStage<OperationView> find(String id) {
        return ask(replyTo -> new BulkCommand.GetOperation(id, replyTo)).thenApply(BulkMoves::operation);
    }

    CompletionStage<OperationView> change(String id, BulkCommand.Change change, String by) {
        return ask(replyTo -> new BulkCommand.ChangeOperation(id, change, by, replyTo))
                .thenApply(BulkMoves::operation);
    }

    CompletionStage<OperationView> limit(
            String id, @Nullable Integer parallel, @Nullable Long bytesPerSecond, String by) {
        return ask(replyTo -> new BulkCommand.LimitOperation(id, parallel, bytesPerSecond, by, replyTo))
                .thenApply(BulkMoves::operation);
    }

    CompletionStage<RebalanceView> rebalance(BulkCommand.Wishes wishes, boolean dryRun, String by) {
        return ask(replyTo -> new BulkCommand.Rebalance(wishes, dryRun, by, replyTo))
                .thenApply(reply -> switch (reply) {
                    case BulkReply.Planned(RebalancePlan plan, BulkReply.@Nullable Status operation) ->
                        view(plan, operation);
                    case Object other -> throw Asking.unexpected(other);
                });
    }

    // ---- views

    private static OperationView operation(BulkReply reply) {
        return switch (reply) {
            case BulkReply.Status status -> view(status);
            case Object other -> throw Asking.unexpected(other);
        };
    }

    private static EvacuationView evacuation(HostId host, BulkReply reply) {
        return switch (reply) {
            case BulkReply.Status status ->
                new EvacuationView(
                        host.value(),
                        state(status),
                        status.by(),
                        status.kind() == Kind.LEAVE,
                        status.total(),
                        status.moved(),
                        names(status.moving()),
                        status.waiting(),
                        status.failed(),
                        status.id(),
                        status.etaMillis());
            case BulkReply.NoOperation _ ->
                new EvacuationView(host.value(), "ACTIVE", "", false, 0, 0, List.of(), 0, Map.of(), null, null);
            case Object other -> throw Asking.unexpected(other);
        };
    }

    private static String state(BulkReply.Status status) {
        return switch (status.phase()) {
            case RUNNING -> "DRAINING";
            case PAUSED, LEAVING, INCOMPLETE -> status.phase().name();
            case DONE ->
                switch (status.kind()) {
                    case DRAIN -> "DRAINED";
                    case EVACUATE -> "EVACUATED";
                    case LEAVE, REBALANCE -> "ACTIVE";
                };
            case CANCELLED -> "ACTIVE";
        };
    }

    private static OperationView view(BulkReply.Status status) {
        HostId host = status.host();
        boolean isOver = status.endedMillis() > 0 && status.phase() != Phase.RUNNING;
        return new OperationView(
                status.id(),
                status.kind().name(),
                host == null ? null : host.value(),
                status.to().stream().map(HostId::value).toList(),
                status.phase().name(),
                status.parallel(),
                status.priority().name(),
                status.by(),
                Instant.ofEpochMilli(status.startedMillis()).toString(),
                isOver ? Instant.ofEpochMilli(status.endedMillis()).toString() : null,
                status.total(),
                status.moved(),
                names(status.moving()),
                status.waiting(),
                status.failed(),
                status.etaMillis(),
                status.moves().stream().map(BulkMoves::view).toList(),
                new TreeMap<>(status.heldBack()),
                status.bytesPerSecond() == 0 ? null : status.bytesPerSecond(),
                status.bytesPerSecondUsed());
    }

    private static OperationMove view(BulkMove move) {
        HostId to = move.to();
        return new OperationMove(
                move.vm().toString(),
                move.from().value(),
                to == null ? null : to.value(),
                move.state().name(),
                move.migration(),
                move.problem());
    }

    private static RebalanceView view(RebalancePlan plan, BulkReply.@Nullable Status operation) {
        return new RebalanceView(
                plan.moves().stream()
                        .map(step -> new RebalanceView.Move(
                                step.vm().toString(),
                                step.from().value(),
                                step.to().value(),
                                step.connections(),
                                step.packetsPerSecond()))
                        .toList(),
                plan.hosts().stream()
                        .map(host -> new RebalanceView.Host(
                                host.host().value(), carried(host.before()), carried(host.after())))
                        .toList(),
                operation == null ? null : view(operation));
    }

    private static RebalanceView.Carried carried(RebalancePlan.Carried carried) {
        return new RebalanceView.Carried(
                carried.vms(), carried.vnics(), carried.connections(), carried.packetsPerSecond());
    }

    private static List<String> names(List<VmId> vms) {
        return vms.stream().map(VmId::toString).toList();
    }
}
