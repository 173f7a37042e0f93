package io.portcullis.migration;

import io.portcullis.migration.model.BulkState;
import io.portcullis.policy.HostId;
import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Tells hosts whether they take VMs. A host forgets it when it starts again: one that must take none is told again and again, the others once for each
 * start. Belongs to {@link BulkOperations}, on its thread.
 */
final class HostDoors {
    private final ActorContext<BulkCommand> context;
    private final BulkEnvironment environment;

    /** Nodes that know that their host takes VMs. */
    private final Set<String> opened = new HashSet<>();

    HostDoors(ActorContext<BulkCommand> context, BulkEnvironment environment) {
        this.context = context;
        this.environment = environment;
    }

    void tellAll(BulkState state) {
        for (HostId host : environment.hosts().up()) {
            boolean isClosed = state.closes(host);
            if (isClosed || !opened.contains(node(host))) {
                tell(host, isClosed, null);
            }
        }
    }

    /**
     * Tells a host whether it takes VMs; what it answers comes as {@link BulkCommand.HostTold}.
     *
     * @param order that goes on then
     */
    void tell(HostId host, boolean draining, BulkCommand.@Nullable Operator order) {
        String node = node(host);
        context.ask(
                AgentCommand.DrainingSet.class,
                environment.hosts().agent(host),
                environment.settings().checkTimeout(),
                replyTo -> new AgentCommand.SetDraining(draining, replyTo),
                (answer, failure) -> new BulkCommand.HostTold(host, node, draining, order, answer));
    }

    /** A host has answered, or not in time. */
    void told(BulkState state, BulkCommand.HostTold told) {
        AgentCommand.DrainingSet answer = told.answer();
        boolean isDone = answer != null && answer.refusal() == null;
        if (isDone && !told.draining() && !state.closes(told.host())) {
            opened.add(told.node());
        } else {
            opened.remove(told.node());
        }
    }

    private String node(HostId host) {
        return environment.hosts().node(host).orElse("");
    }
}
