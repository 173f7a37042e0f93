package io.portcullis.migration;

import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.VmId;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/** One host's side of one migration, child of the {@link MigrationAgent}: what source and destination have in common. */
abstract class MigrationSession<M> extends AbstractBehavior<M> {
    final AgentEnvironment environment;
    final VmHost host;

    private final AgentCommand.Side side;
    private final String id;
    private final VmId vm;
    private final ActorRef<AgentCommand> agent;

    MigrationSession(
            ActorContext<M> context,
            AgentCommand.Side side,
            String id,
            VmId vm,
            AgentEnvironment environment,
            ActorRef<AgentCommand> agent) {
        super(context);
        this.side = side;
        this.id = id;
        this.vm = vm;
        this.environment = environment;
        this.host = environment.host();
        this.agent = agent;
    }

    @Override
    public final Receive<M> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onMessage).build();
    }

    abstract Behavior<M> onMessage(M message);

    /** Tells this session how the host did; exactly one of value and refusal is there, but for a value that is void. */
    final <T> void pipe(CompletionStage<T> stage, BiFunction<@Nullable T, @Nullable Refusal, M> message) {
        getContext()
                .pipeToSelf(
                        stage,
                        (value, failure) -> message.apply(value, failure == null ? null : HostRefusal.of(failure)));
    }

    final void tellPlacement(PlacementCommand.HostReport report) {
        environment.placements().apply(vm).tell(report);
    }

    /** Ends the session; its agent repeats the last report to whoever asks late. */
    final Behavior<M> end(PlacementCommand.HostReport last) {
        agent.tell(new AgentCommand.SessionEnded(side, id, last));
        return Behaviors.stopped();
    }
}
