package io.portcullis.migration;

import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Transition;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * One host's side of one migration, child of the {@link MigrationAgent}: what source and destination have in common. A machine of the
 * model decides what is done; this runs its orders and tells it what came of them.
 *
 * @param <M> messages of the actor
 * @param <S> states of the machine
 * @param <I> its inputs
 * @param <O> its orders
 */
abstract class MigrationSession<M, S, I, O> extends AbstractBehavior<M> {
    final AgentEnvironment environment;
    final VmHost host;

    private final SessionName name;
    private final VmId vm;
    private final ActorRef<AgentCommand> agent;
    private final BiFunction<S, I, Transition<S, O>> machine;
    private S state;
    private boolean ended;

    MigrationSession(
            ActorContext<M> context,
            SessionName name,
            AgentCommand.Order order,
            AgentEnvironment environment,
            ActorRef<AgentCommand> agent,
            BiFunction<S, I, Transition<S, O>> machine,
            S state) {
        super(context);
        this.name = name;
        this.vm = order.vm();
        this.environment = environment;
        this.host = environment.host();
        this.agent = agent;
        this.machine = machine;
        this.state = state;
    }

    @Override
    public final Receive<M> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onMessage).build();
    }

    abstract Behavior<M> onMessage(M message);

    /** The message by which the session tells itself of an input. */
    abstract M local(I input);

    abstract void run(O order);

    final S state() {
        return state;
    }

    /** Has the machine decide, and runs what it orders. */
    final Behavior<M> decide(I input) {
        Transition<S, O> transition = machine.apply(state, input);
        state = transition.state();
        transition.orders().forEach(this::run);
        return ended ? Behaviors.stopped() : this;
    }

    /** Tells this session how the host did; exactly one of value and refusal is there, but for a value that is void. */
    final <T> void pipe(CompletionStage<T> stage, BiFunction<@Nullable T, @Nullable Refusal, M> message) {
        getContext()
                .pipeToSelf(
                        stage,
                        (value, failure) -> message.apply(value, failure == null ? null : HostRefusal.of(failure)));
    }

    final RecipientRef<PlacementCommand> placement() {
        return environment.placements().apply(vm);
    }

    final void report(PlacementInput report) {
        placement().tell(HostReports.message(host.host(), report));
    }

    /** Ends the session after this input; its agent repeats the last report to whoever asks late. */
    final void end(PlacementInput last) {
        ended = true;
        agent.tell(new AgentCommand.SessionEnded(name, last));
    }

    /** What a host that gave neither a value nor a reason meant. */
    static Refusal orUnknown(@Nullable Refusal refusal) {
        return refusal == null ? new Refusal(RefusalCode.INVALID, "no reason given") : refusal;
    }
}
