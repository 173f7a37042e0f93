package io.portcullis.migration;

import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.TableCodec;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.migration.model.AheadChunks;
import io.portcullis.migration.model.AheadOrder;
import io.portcullis.migration.model.ChunkName;
import io.portcullis.migration.model.CutTurns;
import io.portcullis.migration.model.IncomingTurn;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.TargetInput;
import io.portcullis.migration.model.TargetMachine;
import io.portcullis.migration.model.TargetOrder;
import io.portcullis.migration.model.TargetState;
import io.portcullis.migration.model.TargetStep;
import io.portcullis.migration.model.TargetTask;
import io.portcullis.migration.model.VnicHandover;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The destination's side of one migration, child of the {@link MigrationAgent}. {@link TargetMachine} decides; its class comment has
 * the steps. This holds what does not concern the protocol: the bytes that came, and where data paths and source are.
 */
final class TargetSession extends MigrationSession<TargetCommand, TargetState, TargetInput, TargetOrder> {
    /** Whether a restart would find what came ahead of the cut. */
    private enum Keeping {
        NOT_ASKED,
        ASKED,
        DONE
    }

    private final AgentCommand.PrepareTarget order;
    private final TimerScheduler<TargetCommand> timers;
    private final ActorRef<StateChunk> chunks;
    private final Map<VnicId, VnicTarget> targets = new LinkedHashMap<>();
    private final Map<VnicId, NavigableMap<Integer, byte[]>> kept = new HashMap<>();

    private final AheadChunks<ActorRef<PreCopyCommand>> ahead = new AheadChunks<>();
    private final IncomingTurn<SourceCommand.Rehearsed> turn;

    private Keeping keeping = Keeping.NOT_ASKED;
    /** Waits for the disk. */
    private TargetCommand.@Nullable Rehearse rehearsal;

    /** Null before the first message of the source. */
    private @Nullable ActorRef<SourceCommand> source;

    static Behavior<TargetCommand> create(
            AgentCommand.PrepareTarget order,
            AgentEnvironment environment,
            CutTurns<HostId> turns,
            ActorRef<AgentCommand> agent) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new TargetSession(context, timers, order, environment, turns, agent)));
    }

    private TargetSession(
            ActorContext<TargetCommand> context,
            TimerScheduler<TargetCommand> timers,
            AgentCommand.PrepareTarget order,
            AgentEnvironment environment,
            CutTurns<HostId> turns,
            ActorRef<AgentCommand> agent) {
        super(
                context,
                new SessionName(Side.TARGET, order.id()),
                order,
                environment,
                agent,
                TargetMachine::decide,
                TargetState.of(
                        new TargetTask(order.id(), order.vm(), order.spec().vnicIds(), order.epoch())));
        this.order = order;
        this.timers = timers;
        this.turn = new IncomingTurn<>(
                turns,
                host.host(),
                order.id(),
                environment.settings().turns().incomingWait().toNanos(),
                environment.turns()::taken);
        this.chunks = context.messageAdapter(StateChunk.class, TargetCommand.ChunkArrived::new);
        timers.startTimerWithFixedDelay(
                local(new TargetInput.Tick()), environment.settings().retryInterval());
        context.getSelf().tell(local(new TargetInput.Started()));
    }

    @Override
    Behavior<TargetCommand> onMessage(TargetCommand message) {
        return switch (message) {
            case TargetCommand.FromSource said -> said.id().equals(order.id()) ? onSource(said) : this;
            case TargetCommand.ChunkArrived(StateChunk chunk) ->
                chunk.migrationId().equals(order.id()) ? onChunk(chunk) : this;
            case TargetCommand.TakenAhead taken -> onTakenAhead(taken);
            case TargetCommand.Abort abort -> decideAloud(new TargetInput.Abort(abort.why(), abort.mayBeCut()));
            case TargetCommand.Local(TargetInput input) -> decideAloud(input);
            case TargetCommand.CutoverExpected expected -> onExpected(expected);
            case TargetCommand.KeptAhead kept -> onKeptAhead(kept);
            case TargetCommand.TurnCame _ -> {
                answerRehearsal(turn.come());
                yield this;
            }
        };
    }

    @Override
    TargetCommand local(TargetInput input) {
        return new TargetCommand.Local(input);
    }

    private Behavior<TargetCommand> onSource(TargetCommand.FromSource said) {
        return switch (said) {
            case TargetCommand.Rehearse rehearse -> {
                source = rehearse.source();
                if (rehearse.vmStopped()) {
                    turn.take();
                }
                yield onRehearse(rehearse);
            }
            case TargetCommand.OpenPreCopy open -> {
                ahead.opened(open.source());
                keeping = keeping == Keeping.DONE ? Keeping.NOT_ASKED : keeping;
                yield this;
            }
            case TargetCommand.OpenTransfer open -> {
                source = open.source();
                yield this;
            }
            case TargetCommand.Handover handover -> {
                source = handover.source();
                yield decideAloud(new TargetInput.Handover(handover.epoch(), handover.vnics()));
            }
            case TargetCommand.SourceEnforces _ -> decide(new TargetInput.SourceEnforces());
        };
    }

    /**
     * All that goes ahead of the cut has come, and is on disk before the source hears that it may cut, unless the VM stands still already. So a host that is killed when it has just begun to enforce
     * has what was there at the cut, but for what changed since the last round.
     */
    private Behavior<TargetCommand> onRehearse(TargetCommand.Rehearse rehearse) {
        if (state().step() == TargetStep.READY && keeping == Keeping.NOT_ASKED) {
            keeping = Keeping.ASKED;
            pipe(host.keepAhead(order.spec(), order.epoch()), (_, refused) -> new TargetCommand.KeptAhead(refused));
        }
        if (keeping == Keeping.ASKED && !rehearse.vmStopped()) {
            rehearsal = rehearse;
            return this;
        }
        return decide(new TargetInput.Rehearse(rehearse.like()));
    }

    private Behavior<TargetCommand> onKeptAhead(TargetCommand.KeptAhead kept) {
        keeping = Keeping.DONE;
        if (kept.refusal() != null) {
            getContext()
                    .getLog()
                    .warn(
                            "migration {}: what came is not on disk before the cut: {}",
                            order.id(),
                            kept.refusal().message());
        }
        TargetCommand.Rehearse waiting = rehearsal;
        rehearsal = null;
        return waiting == null ? this : decide(new TargetInput.Rehearse(waiting.like()));
    }

    /** What comes ahead of the cut is for the data path; only the rest is the machine's. */
    private Behavior<TargetCommand> onChunk(StateChunk chunk) {
        if (!chunk.ahead()) {
            return decide(new TargetInput.ChunkArrived(chunk));
        }
        ahead.arrived(chunk, state()).forEach(this::run);
        return this;
    }

    private Behavior<TargetCommand> onTakenAhead(TargetCommand.TakenAhead taken) {
        ChunkName chunk = new ChunkName(taken.vnic(), taken.sequence());
        Behavior<TargetCommand> next = this;
        for (AheadOrder ordered : ahead.imported(taken.attempt(), chunk, taken.here(), taken.refusal())) {
            next = run(ordered);
        }
        return next;
    }

    private Behavior<TargetCommand> run(AheadOrder ordered) {
        ActorRef<PreCopyCommand> sender = ahead.source();
        switch (ordered) {
            case AheadOrder.Import(int attempt, StateChunk chunk) ->
                pipe(
                        host.importNext(chunk.vnic(), order.epoch(), chunk.sequence(), chunk.bytes()),
                        (here, refused) ->
                                new TargetCommand.TakenAhead(attempt, chunk.vnic(), chunk.sequence(), here, refused));
            case AheadOrder.Acknowledge(ChunkName chunk, var here)
            when sender != null ->
                sender.tell(new PreCopyCommand.Taken(order.id(), chunk.vnic(), chunk.sequence(), here));
            case AheadOrder.Refuse(Refusal why)
            when sender != null -> sender.tell(new PreCopyCommand.Refused(order.id(), why));
            // who sends is not known yet, and sends again
            case AheadOrder.Acknowledge _, AheadOrder.Refuse _ -> {}
            case AheadOrder.Abort(String why) -> {
                return decideAloud(new TargetInput.Abort(why, false));
            }
        }
        return this;
    }

    private Behavior<TargetCommand> onExpected(TargetCommand.CutoverExpected expected) {
        CutoverTarget target = expected.target();
        if (target != null) {
            targets.put(expected.vnic(), new VnicTarget(expected.vnic(), target));
        }
        return decideAloud(new TargetInput.CutoverExpected(
                expected.vnic(), target == null ? orUnknown(expected.refusal()) : null));
    }

    /** As {@link #decide}; what goes wrong is in the log. */
    private Behavior<TargetCommand> decideAloud(TargetInput input) {
        if (input instanceof TargetInput.SelfActivated done && done.refusal() != null) {
            getContext()
                    .getLog()
                    .warn(
                            "migration {}: {} waits for orders: {}",
                            order.id(),
                            done.vnic(),
                            done.refusal().message());
        }
        Refusal before = state().refusal();
        Behavior<TargetCommand> next = decide(input);
        Refusal after = state().refusal();
        if (after != null && !after.equals(before)) {
            getContext().getLog().warn("migration {}, {}: {}", order.id(), state().step(), after.message());
        }
        return next;
    }

    @Override
    void run(TargetOrder ordered) {
        switch (ordered) {
            case TargetOrder.Admit _ ->
                pipe(
                        host.admit(order.spec(), order.epoch()),
                        (revision, refused) ->
                                local(new TargetInput.Admitted(revision == null ? 0 : revision, refused)));
            case TargetOrder.ExpectCutover(VnicId vnic) ->
                pipe(
                        host.expectCutover(vnic, order.epoch()),
                        (target, refused) -> new TargetCommand.CutoverExpected(vnic, target, refused));
            case TargetOrder.AnswerRehearsal(var like) -> onRehearsed(new SourceCommand.Rehearsed(order.id(), like));
            case TargetOrder.Arm(VnicId vnic) ->
                pipe(
                        host.arm(
                                vnic,
                                order.epoch(),
                                order.id(),
                                order.spec().vnics().size()),
                        (done, refused) -> local(
                                new TargetInput.SelfActivated(vnic, done, done == null ? orUnknown(refused) : null)));
            case TargetOrder.Disarm(VnicId vnic) ->
                pipe(
                        host.disarm(vnic, order.epoch()),
                        (enforces, refused) -> local(new TargetInput.Disarmed(vnic, enforces)));
            case TargetOrder.KeepChunk(StateChunk chunk) ->
                kept.computeIfAbsent(chunk.vnic(), _ -> new TreeMap<>()).put(chunk.sequence(), chunk.bytes());
            case TargetOrder.AcknowledgeChunk(ChunkName chunk) ->
                tellSource(new SourceCommand.ChunkAcknowledged(order.id(), chunk.vnic(), chunk.sequence()));
            case TargetOrder.Import(VnicHandover table) -> importTable(table);
            case TargetOrder.Activate activate -> activate(activate);
            case TargetOrder.Look _ -> look();
            case TargetOrder.AcceptHandover(var vnics, var problems) -> {
                turn.end();
                tellSource(new SourceCommand.HandoverAccepted(order.id(), vnics, problems));
            }
            case TargetOrder.RefuseHandover(Refusal refusal) ->
                tellSource(new SourceCommand.HandoverRefused(order.id(), refusal));
            case TargetOrder.ClearLater _ -> {
                turn.end();
                timers.startSingleTimer(
                        local(new TargetInput.ClearNow()),
                        environment.settings().clearDelay());
            }
            case TargetOrder.Clear _ ->
                pipe(
                        host.clear(order.spec(), order.epoch()),
                        (done, refused) -> local(new TargetInput.Cleared(refused)));
            case TargetOrder.Report(PlacementInput.TargetIsReady(var id, long policyRevision)) ->
                placement()
                        .tell(new PlacementCommand.TargetReady(
                                id,
                                policyRevision,
                                List.copyOf(targets.values()),
                                getContext().getSelf(),
                                chunks,
                                TableCodec.FORMAT_VERSION));
            case TargetOrder.Report(PlacementInput report) -> report(report);
            case TargetOrder.EndLater _ ->
                timers.startSingleTimer(
                        local(new TargetInput.End()), environment.settings().linger());
            case TargetOrder.End(PlacementInput last) -> end(last);
        }
    }

    private void onRehearsed(SourceCommand.Rehearsed answer) {
        ActorRef<TargetCommand> self = getContext().getSelf();
        answerRehearsal(turn.rehearsed(answer, System.nanoTime(), () -> self.tell(new TargetCommand.TurnCame())));
    }

    private void answerRehearsal(SourceCommand.@Nullable Rehearsed answer) {
        if (answer != null) {
            tellSource(answer);
        }
    }

    /** One that overtook the source's first message is not answered: it comes again. */
    private void tellSource(SourceCommand.FromTarget answer) {
        if (source != null) {
            source.tell(answer);
        }
    }

    private void importTable(VnicHandover table) {
        NavigableMap<Integer, byte[]> bytes = kept.remove(table.vnic());
        TableSnapshot snapshot = new TableSnapshot(
                bytes == null ? List.of() : List.copyOf(bytes.values()), table.entries(), table.digest());
        pipe(
                host.importTable(table.vnic(), order.epoch(), table.precopied(), snapshot),
                (report, refused) -> local(
                        new TargetInput.Imported(table.vnic(), report, report == null ? orUnknown(refused) : null)));
    }

    private void activate(TargetOrder.Activate activate) {
        pipe(
                host.activate(activate.vnic(), order.epoch(), activate.forwardedFrames(), activate.minimumRevision()),
                (report, refused) -> local(new TargetInput.Activated(
                        activate.vnic(), report, report == null ? orUnknown(refused) : null)));
    }

    private void look() {
        pipe(
                host.statuses(order.spec()),
                (found, refused) -> local(new TargetInput.LookedAt(
                        found == null
                                ? null
                                : found.stream()
                                        .filter(status -> status.mode() == VnicMode.ENFORCING)
                                        .map(VnicStatus::vnic)
                                        .collect(Collectors.toSet()))));
    }
}
