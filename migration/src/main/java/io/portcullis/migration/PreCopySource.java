package io.portcullis.migration;

import io.portcullis.migration.model.ChunkName;
import io.portcullis.migration.model.CutTurns;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PreCopyInput;
import io.portcullis.migration.model.PreCopyMachine;
import io.portcullis.migration.model.PreCopyOrder;
import io.portcullis.migration.model.PreCopyTask;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.policy.VnicId;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Sends the tables of a VM to the destination of a migration while the source enforces, child of the {@link MigrationAgent}. {@link PreCopyMachine}
 * decides; its class comment has the steps. This holds what does not concern the protocol: leave to send, where the destination is, the clock.
 *
 * <p>Chunks go on the stream for large messages, as many at once as {@link BulkWindow} allows.
 */
final class PreCopySource extends AbstractBehavior<PreCopyCommand> {
    private final AgentCommand.StartPreCopy order;
    private final int attempt;
    private final AgentEnvironment environment;
    private final VmHost host;
    private final ActorRef<AgentCommand> agent;
    private final BulkWindow.Share share;
    private final CutTurns<Address> turns;
    private final Address to;
    private long askedTurnNanos;
    private final PreCopyMachine machine;
    private boolean isOver;
    /** Whether the tables go on to note what changes: for the cut, or for another attempt. */
    private boolean goesOn;

    static Behavior<PreCopyCommand> create(
            AgentCommand.StartPreCopy order,
            int attempt,
            AgentEnvironment environment,
            BulkWindow window,
            CutTurns<Address> turns,
            ActorRef<AgentCommand> agent) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new PreCopySource(context, timers, order, attempt, environment, window, turns, agent)));
    }

    private PreCopySource(
            ActorContext<PreCopyCommand> context,
            TimerScheduler<PreCopyCommand> timers,
            AgentCommand.StartPreCopy order,
            int attempt,
            AgentEnvironment environment,
            BulkWindow window,
            CutTurns<Address> turns,
            ActorRef<AgentCommand> agent) {
        super(context);
        this.order = order;
        this.attempt = attempt;
        this.environment = environment;
        this.host = environment.host();
        this.agent = agent;
        ActorRef<PreCopyCommand> self = context.getSelf();
        this.turns = turns;
        this.to = order.chunks().path().address();
        this.share = window.share(to, order.pace(), () -> self.tell(new PreCopyCommand.Granted()));
        this.machine = new PreCopyMachine(new PreCopyTask(
                order.id(),
                order.spec().vnicIds(),
                attempt,
                environment.settings().preCopy().budget(),
                environment.settings().preCopy().patience().toNanos(),
                order.awaitsTurn(),
                environment.settings().turns().timeout().toNanos(),
                environment.settings().turns().refreshInterval().toNanos()));
        timers.startTimerWithFixedDelay(
                new PreCopyCommand.Tick(), environment.settings().retryInterval());
        decide(new PreCopyInput.Started());
    }

    @Override
    public Receive<PreCopyCommand> createReceive() {
        return newReceiveBuilder()
                .onSignal(PostStop.class, _ -> {
                    leave();
                    return this;
                })
                .onAnyMessage(this::onMessage)
                .build();
    }

    private Behavior<PreCopyCommand> onMessage(PreCopyCommand message) {
        return switch (message) {
            case PreCopyCommand.FromTarget said -> said.id().equals(order.id()) ? decide(input(said)) : this;
            case PreCopyCommand.Report report -> decide(new PreCopyInput.AskedAgain(report.awaitsTurn()));
            case PreCopyCommand.TurnCame _ -> {
                environment.turns().waited(System.nanoTime() - askedTurnNanos);
                yield decide(new PreCopyInput.TurnCame());
            }
            case PreCopyCommand.Finish _ -> decide(new PreCopyInput.Finish());
            case PreCopyCommand.Stop stop -> decide(new PreCopyInput.Stop(stop.refusal()));
            case PreCopyCommand.Exported(PreCopyInput.Exported exported) -> decide(exported);
            case PreCopyCommand.Granted _ -> decide(new PreCopyInput.Granted());
            case PreCopyCommand.Tick _ -> decide(new PreCopyInput.Tick());
        };
    }

    private static PreCopyInput input(PreCopyCommand.FromTarget said) {
        return switch (said) {
            case PreCopyCommand.Taken taken ->
                new PreCopyInput.Taken(new ChunkName(taken.vnic(), taken.sequence()), taken.here());
            case PreCopyCommand.Refused refused -> new PreCopyInput.Refused(refused.refusal());
        };
    }

    private Behavior<PreCopyCommand> decide(PreCopyInput input) {
        machine.decide(input, System.nanoTime()).forEach(this::run);
        return isOver ? Behaviors.stopped() : this;
    }

    private void run(PreCopyOrder ordered) {
        switch (ordered) {
            case PreCopyOrder.Open _ ->
                order.session()
                        .tell(new TargetCommand.OpenPreCopy(
                                order.id(), getContext().getSelf()));
            case PreCopyOrder.Export(VnicId vnic, int piece) -> export(vnic, piece);
            case PreCopyOrder.AskToSend _ -> share.ask();
            case PreCopyOrder.GiveBack _ -> share.giveBack();
            case PreCopyOrder.Send(var chunk) -> {
                share.sent(chunk.bytes().length);
                order.chunks().tell(chunk);
            }
            case PreCopyOrder.AskTurn _ -> askTurn();
            case PreCopyOrder.SayPreCopied said ->
                environment
                        .placements()
                        .apply(order.vm())
                        .tell(new PlacementCommand.PreCopied(order.id(), said.problem(), turn(said)));
            case PreCopyOrder.CountMissedTurn _ -> environment.turns().missed();
            case PreCopyOrder.Cut(var sent) -> {
                end(true);
                agent.tell(new AgentCommand.PreCopyDone(order.id(), sent));
            }
            case PreCopyOrder.SendAnew(String why) -> {
                getContext().getLog().error("migration {}: {}; all is sent anew", order.id(), why);
                end(true);
                turns.end(order.id());
                agent.tell(new AgentCommand.PreCopyAnew(order, attempt + 1));
            }
            case PreCopyOrder.GiveUp(Refusal why) -> giveUp(why);
        }
    }

    private void askTurn() {
        ActorRef<PreCopyCommand> self = getContext().getSelf();
        askedTurnNanos = System.nanoTime();
        if (turns.ask(to, order.id(), () -> self.tell(new PreCopyCommand.TurnCame()))) {
            environment.turns().atOnce();
            decide(new PreCopyInput.TurnCame());
        } else {
            decide(new PreCopyInput.TurnPutOff());
        }
    }

    private static PlacementCommand.@Nullable Turn turn(PreCopyOrder.SayPreCopied said) {
        return said.waits() || said.waitedNanos() > 0
                ? new PlacementCommand.Turn(said.waits(), TimeUnit.NANOSECONDS.toMillis(said.waitedNanos()))
                : null;
    }

    private void export(VnicId vnic, int piece) {
        getContext()
                .pipeToSelf(
                        host.exportNext(vnic, order.epoch(), piece == 0, order.chunkVersion()),
                        (batch, failure) -> new PreCopyCommand.Exported(new PreCopyInput.Exported(
                                vnic, piece, batch, failure == null ? null : HostRefusal.of(failure))));
    }

    private void giveUp(Refusal why) {
        end(false);
        getContext().getLog().info("migration {}: pre-copy ended: {}", order.id(), why.message());
        environment.placements().apply(order.vm()).tell(new PlacementCommand.SourceKept(order.id(), why));
        agent.tell(new AgentCommand.SessionEnded(
                new SessionName(Side.SOURCE, order.id()), new PlacementInput.SourceKept(order.id(), why)));
    }

    private void end(boolean tablesGoOn) {
        isOver = true;
        goesOn = tablesGoOn;
    }

    /** Whatever ends it: only a cut needs to know what changes from here on. */
    private void leave() {
        share.close();
        if (!goesOn) {
            turns.end(order.id());
            order.spec().vnicIds().forEach(vnic -> host.endExport(vnic, order.epoch()));
        }
    }
}
