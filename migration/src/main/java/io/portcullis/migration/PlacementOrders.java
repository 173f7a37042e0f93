package io.portcullis.migration;

import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.Mover;
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
                .map(order -> new Addressed(order.host(), command(state.attachedSpec(), order)))
                .toList();
    }

    /** The message for an order; that to cut over is {@link #startCutover}. */
    static AgentCommand.VmOrder command(VmSpec spec, PlacementOrder order) {
        return switch (order) {
            case PlacementOrder.Attach o -> new AgentCommand.AttachVm(spec, o.epoch(), o.takenFrom(), o.replica());
            case PlacementOrder.Detach o -> new AgentCommand.DetachVm(spec, o.epoch());
            case PlacementOrder.PrepareTarget o -> new AgentCommand.PrepareTarget(o.id(), spec, o.epoch());
            case PlacementOrder.StartCutover o ->
                throw new IllegalArgumentException("needs what the destination said: " + o);
            case PlacementOrder.QueryTarget o -> new AgentCommand.QueryTarget(o.id(), spec, o.epoch());
            case PlacementOrder.QuerySource o -> new AgentCommand.QuerySource(o.id(), spec, o.epoch());
            case PlacementOrder.AbortTarget o -> new AgentCommand.AbortTarget(o.id(), spec, o.epoch(), o.mayBeCut());
            case PlacementOrder.ReclaimSource o -> new AgentCommand.ReclaimSource(o.id(), spec, o.reclaimEpoch());
            case PlacementOrder.ReleaseSource o ->
                new AgentCommand.ReleaseSource(o.id(), spec, o.epoch(), o.movedTo(), o.targetEpoch());
        };
    }

    /** What the placement of the other side of {@link #command} meant. */
    static PlacementOrder order(HostId host, AgentCommand.VmOrder command) {
        return switch (command) {
            case AgentCommand.AttachVm c -> new PlacementOrder.Attach(host, c.epoch(), c.takenFrom(), c.replica());
            case AgentCommand.DetachVm c -> new PlacementOrder.Detach(host, c.epoch());
            case AgentCommand.PrepareTarget c -> new PlacementOrder.PrepareTarget(host, c.id(), c.epoch());
            case AgentCommand.StartCutover c ->
                new PlacementOrder.StartCutover(host, c.id(), c.epoch(), c.targetEpoch(), c.reclaimEpoch());
            case AgentCommand.StartPreCopy _ -> throw new IllegalArgumentException("decides nothing: " + command);
            case AgentCommand.QueryTarget c -> new PlacementOrder.QueryTarget(host, c.id(), c.epoch());
            case AgentCommand.QuerySource c -> new PlacementOrder.QuerySource(host, c.id(), c.epoch());
            case AgentCommand.AbortTarget c -> new PlacementOrder.AbortTarget(host, c.id(), c.epoch(), c.mayBeCut());
            case AgentCommand.ReclaimSource c -> new PlacementOrder.ReclaimSource(host, c.id(), c.reclaimEpoch());
            case AgentCommand.ReleaseSource c ->
                new PlacementOrder.ReleaseSource(host, c.id(), c.epoch(), c.movedTo(), c.targetEpoch());
        };
    }

    /** The order to the source to send the tables to {@code target} while it enforces; again until that is done. */
    static AgentCommand startPreCopy(PlacementState state, PlacementCommand.TargetReady target) {
        Move move = state.currentMove();
        return new AgentCommand.StartPreCopy(
                move.id(),
                state.attachedSpec(),
                move.epochBefore(),
                target.session(),
                target.chunks(),
                move.mover() == Mover.PRODUCT,
                target.chunkVersion(),
                move.pace());
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
                target.chunks(),
                move.stopped());
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
