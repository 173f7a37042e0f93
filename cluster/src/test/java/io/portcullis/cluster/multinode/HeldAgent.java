package io.portcullis.cluster.multinode;

import io.portcullis.migration.AgentCommand;
import io.portcullis.policy.VmId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/** Around a host's migration agent: orders for a VM wait at a closed gate, and all that come later for this VM behind them. */
final class HeldAgent extends BehaviorInterceptor<AgentCommand, AgentCommand> {
    private final MigrationGates gates;
    private final Map<VmId, Queue> waiting = new LinkedHashMap<>();

    private record Queue(HoldPoint point, List<AgentCommand> orders) {}

    private HeldAgent(MigrationGates gates) {
        super(AgentCommand.class);
        this.gates = gates;
    }

    static Behavior<AgentCommand> around(Behavior<AgentCommand> agent, MigrationGates gates) {
        return Behaviors.intercept(() -> new HeldAgent(gates), agent);
    }

    @Override
    public Behavior<AgentCommand> aroundReceive(
            TypedActorContext<AgentCommand> context, AgentCommand message, ReceiveTarget<AgentCommand> agent) {
        // The agent is one object that stays: what it returns for each is the same.
        waiting.entrySet().removeIf(entry -> {
            Queue queue = entry.getValue();
            boolean isOpen = !gates.isClosed(queue.point(), entry.getKey());
            if (isOpen) {
                queue.orders().forEach(order -> agent.apply(context, order));
            }
            return isOpen;
        });
        if (message instanceof AgentCommand.Order order && holds(context, order)) {
            return Behaviors.same();
        }
        return agent.apply(context, message);
    }

    private boolean holds(TypedActorContext<AgentCommand> context, AgentCommand.Order order) {
        Queue queue = waiting.get(order.vm());
        if (queue != null) {
            queue.orders().add(order);
            return true;
        }
        HoldPoint point = point(order);
        if (point == null || !gates.isClosed(point, order.vm())) {
            return false;
        }
        waiting.put(order.vm(), new Queue(point, new ArrayList<>(List.of(order))));
        var self = context.asJava().getSelf();
        var nobody = context.asJava().getSystem().<AgentCommand.LoadAnswer>ignoreRef();
        // A message that changes nothing makes the agent look at what waits.
        gates.pass(point, order.vm()).thenRun(() -> self.tell(new AgentCommand.GetLoad(List.of(), nobody)));
        return true;
    }

    private static @Nullable HoldPoint point(AgentCommand.Order order) {
        if (order instanceof AgentCommand.PrepareTarget) {
            return HoldPoint.RESERVING;
        }
        if (order instanceof AgentCommand.StartPreCopy) {
            return HoldPoint.PRECOPYING;
        }
        if (order instanceof AgentCommand.StartCutover) {
            return HoldPoint.CUTTING_OVER;
        }
        return order instanceof AgentCommand.ReleaseSource ? HoldPoint.COMMITTED : null;
    }
}
