package io.portcullis.migration;

import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementOrder;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Turns what the model says into messages. */
final class PlacementOrders {
    private PlacementOrders() {}

    record Addressed(HostId host, AgentCommand command) {}

    /** What must be told to hosts as long as the placement is in {@code state}. */
    static List<Addressed> commands(PlacementState state) {
        return state.orders().stream()
                .map(order -> new Addressed(order.host(), command(state, order)))
                .toList();
    }

    private static AgentCommand command(PlacementState state, PlacementOrder order) {
        VmSpec spec = state.attachedSpec();
        Move move = state.move();
        if (move == null) {
            return order instanceof PlacementOrder.Attach
                    ? new AgentCommand.AttachVm(spec, state.epoch())
                    : new AgentCommand.DetachVm(spec, state.epoch());
        }
        return switch (order) {
            case PlacementOrder.Attach o -> new AgentCommand.AttachVm(spec, state.epoch());
            case PlacementOrder.Detach o -> new AgentCommand.DetachVm(spec, state.epoch());
            case PlacementOrder.PrepareTarget o -> new AgentCommand.PrepareTarget(move.id(), spec, move.epoch());
            case PlacementOrder.QueryCutover(HostId host) ->
                host.equals(move.to())
                        ? new AgentCommand.QueryTarget(move.id(), spec, move.epoch())
                        : new AgentCommand.QuerySource(move.id(), spec, move.epochBefore());
            case PlacementOrder.AbortTarget o ->
                new AgentCommand.AbortTarget(move.id(), spec, move.epoch(), wasCut(move));
            case PlacementOrder.ReclaimSource o -> new AgentCommand.ReclaimSource(move.id(), spec, move.reclaimEpoch());
            case PlacementOrder.ReleaseSource o ->
                new AgentCommand.ReleaseSource(move.id(), spec, move.epochBefore(), move.to(), move.epoch());
        };
    }

    /** The order to the source to send the tables to {@code target} while it enforces; again until that is done. */
    static AgentCommand startPreCopy(PlacementState state, PlacementCommand.TargetReady target) {
        Move move = state.currentMove();
        return new AgentCommand.StartPreCopy(
                move.id(), state.attachedSpec(), move.epochBefore(), target.session(), target.chunks());
    }

    /** The order to the source to hand over; only once, because nobody but {@code target} knows the secrets in it. */
    static AgentCommand startCutover(PlacementState state, PlacementCommand.TargetReady target) {
        Move move = state.currentMove();
        return new AgentCommand.StartCutover(
                move.id(),
                state.attachedSpec(),
                move.epochBefore(),
                move.epoch(),
                move.reclaimEpoch(),
                target.policyRevision(),
                target.targets(),
                target.session(),
                target.chunks());
    }

    /** Whether the source may have begun to cut, and must take the VM back. */
    private static boolean wasCut(Move move) {
        return move.reclaim() && move.phases().stream().anyMatch(time -> time.phase() == PlacementPhase.CUTTING_OVER);
    }

    /** What the events mean to whoever asked for the attach or detach; null if it goes on. */
    static @Nullable PlacementReply outcome(
            PlacementState before, List<PlacementEvent> events, Supplier<PlacementView> view) {
        for (PlacementEvent event : events) {
            switch (event) {
                case PlacementEvent.VmAttached e -> {
                    return new PlacementReply.Attached(view.get());
                }
                case PlacementEvent.AttachRefused e -> {
                    return PlacementReply.Refused.of(e.refusal());
                }
                case PlacementEvent.VmDetached e -> {
                    return new PlacementReply.Detached(before.vm());
                }
                case PlacementEvent.DetachStarted e
                when before.phase() == PlacementPhase.ATTACHING -> {
                    return new PlacementReply.Refused(
                            RefusalCode.HOST_UNAVAILABLE,
                            "host " + before.host() + " did not attach the VM: " + e.by() + "; it is being detached");
                }
                default -> {}
            }
        }
        return null;
    }
}
