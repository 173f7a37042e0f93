package io.portcullis.migration;

import io.portcullis.migration.model.BulkEvent;
import io.portcullis.migration.model.BulkMachine;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkOperation.Kind;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.BulkState;
import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/** What operators' orders make of operations. Changes nothing. Used by {@link BulkOperations} only, on its thread. */
final class BulkOrders {
    /** What becomes of an order. */
    sealed interface Outcome {
        record Refused(Refusal why) implements Outcome {}

        /** It is carried out when this is journaled. */
        record Accepted(BulkEvent event) implements Outcome {}

        /** It is so already. */
        record Nothing() implements Outcome {}
    }

    private final ActorContext<?> context;
    private final MigrationSettings settings;
    private final LongSupplier wallClockMillis;

    BulkOrders(ActorContext<?> context, MigrationSettings settings, LongSupplier wallClockMillis) {
        this.context = context;
        this.settings = settings;
        this.wallClockMillis = wallClockMillis;
    }

    /** The host takes no VMs any more, or could not be told ({@code answer} null). */
    Outcome empty(BulkState state, BulkCommand.Empty order, AgentCommand.@Nullable DrainingSet answer) {
        Refusal why = answer == null
                ? new Refusal(RefusalCode.TIMEOUT, "host " + order.host() + " did not answer")
                : answer.refusal();
        if (why == null) {
            why = BulkMachine.whyNotEmpty(state, order.kind(), order.host());
        }
        if (why != null) {
            return new Outcome.Refused(why);
        }
        BulkOperation open = open(state, order.host());
        if (open != null && open.phase() == Phase.LEAVING) {
            return new Outcome.Nothing();
        }
        BulkEvent begun = open == null
                ? new BulkEvent.OperationStarted(
                        begin(state, order.kind(), order.host(), order.wishes(), order.by(), List.of()))
                : new BulkEvent.OperationRestarted(
                        open.id(), open.kind() == Kind.LEAVE ? Kind.LEAVE : order.kind(), order.by());
        context.getLog().info("host {} is to be emptied by {}: {}", order.host(), order.by(), begun.id());
        return new Outcome.Accepted(begun);
    }

    private static @Nullable BulkOperation open(BulkState state, HostId host) {
        return state.ofHost(host).filter(last -> !last.over()).orElse(null);
    }

    /** An operation that is to carry out a plan. */
    BulkOperation rebalance(BulkState state, BulkCommand.Rebalance order, List<BulkMove> moves) {
        return begin(state, Kind.REBALANCE, null, order.wishes(), order.by(), moves);
    }

    private BulkOperation begin(
            BulkState state,
            Kind kind,
            @Nullable HostId host,
            BulkCommand.Wishes wishes,
            String by,
            List<BulkMove> moves) {
        Integer parallel = wishes.parallel();
        return new BulkOperation(
                state.nextId(),
                kind,
                host,
                wishes.to(),
                parallel == null ? settings.parallel() : parallel,
                wishes.priority(),
                Phase.RUNNING,
                by,
                null,
                now(),
                0,
                moves,
                wishes.bytesPerSecond());
    }

    Outcome stopDrain(BulkState state, BulkCommand.StopDrain stop) {
        BulkOperation open = open(state, stop.host());
        if (open == null) {
            return new Outcome.Nothing();
        }
        Refusal why = BulkMachine.whyNotEnter(open, Phase.CANCELLED);
        if (why != null) {
            return new Outcome.Refused(why);
        }
        context.getLog().info("host {} takes VMs again, says {}: {}", stop.host(), stop.by(), open.id());
        return new Outcome.Accepted(new BulkEvent.PhaseEntered(open.id(), Phase.CANCELLED, stop.by(), now()));
    }

    Outcome change(BulkState state, BulkCommand.ChangeOperation order) {
        BulkOperation operation = state.find(order.id()).orElse(null);
        if (operation == null) {
            return new Outcome.Refused(unknown(order.id()));
        }
        Phase phase = switch (order.change()) {
            case PAUSE -> Phase.PAUSED;
            case RESUME -> Phase.RUNNING;
            case CANCEL -> Phase.CANCELLED;
        };
        Refusal why = BulkMachine.whyNotEnter(operation, phase);
        if (why != null) {
            return new Outcome.Refused(why);
        }
        context.getLog().info("operation {} becomes {}, says {}", order.id(), phase, order.by());
        return new Outcome.Accepted(
                operation.phase() == Phase.INCOMPLETE && phase == Phase.RUNNING
                        ? new BulkEvent.OperationRestarted(operation.id(), operation.kind(), order.by())
                        : new BulkEvent.PhaseEntered(operation.id(), phase, order.by(), now()));
    }

    Outcome limit(BulkState state, BulkCommand.LimitOperation order) {
        BulkOperation operation = state.find(order.id()).orElse(null);
        if (operation == null) {
            return new Outcome.Refused(unknown(order.id()));
        }
        Refusal why = BulkMachine.whyNotLimit(operation);
        if (why != null) {
            return new Outcome.Refused(why);
        }
        int parallel = Objects.requireNonNullElse(order.parallel(), operation.parallel());
        long bytesPerSecond = Objects.requireNonNullElse(order.bytesPerSecond(), operation.bytesPerSecond());
        context.getLog()
                .info(
                        "operation {} moves {} at once and sends {} bytes a second (0: no limit), says {}",
                        order.id(),
                        parallel,
                        bytesPerSecond,
                        order.by());
        return new Outcome.Accepted(
                new BulkEvent.LimitsChanged(order.id(), parallel, bytesPerSecond, order.by(), now()));
    }

    static Refusal unknown(String id) {
        return new Refusal(RefusalCode.UNKNOWN, "there is no operation '" + id + "'");
    }

    private long now() {
        return wallClockMillis.getAsLong();
    }
}
