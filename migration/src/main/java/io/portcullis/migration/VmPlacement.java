package io.portcullis.migration;

import io.portcullis.migration.PlacementReply.Refused;
import io.portcullis.migration.model.Decision;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PlacementMachine;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EffectBuilder;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;

/**
 * The only authority over where a VM is enforced: one sharded, event-sourced entity per VM.
 *
 * <p>{@link PlacementMachine} decides; its class comment is the table of states. This actor journals the events, then writes
 * the directory, then tells the hosts what {@link PlacementState#orders} says, and repeats that until they answer. It
 * therefore goes on by itself after a restart in any phase. Between CUTTING_OVER and COMMITTED it only listens:
 * source and destination hand over without it.
 *
 * <p>One that is settled and is asked nothing rests ({@link PlacementRest}): what it knows is in its journal, and what hosts should do in none of its orders.
 */
public final class VmPlacement extends EventSourcedBehavior<PlacementCommand, PlacementEvent, PlacementState> {
    public static final EntityTypeKey<PlacementCommand> TYPE_KEY =
            EntityTypeKey.create(PlacementCommand.class, "vm-placement");

    private static final int EVENTS_PER_SNAPSHOT = 50;
    private static final int SNAPSHOTS_KEPT = 2;
    /** One of so many ticks repeats the orders for a source that waits for its turn: many that wait must not keep those busy that have theirs. */
    private static final int TICKS_WHILE_WAITING = 4;

    private static final String TICK = "tick";
    private static final String DEADLINE = "deadline";

    private final VmId vm;
    private final ActorContext<PlacementCommand> context;
    private final TimerScheduler<PlacementCommand> timers;
    private final PlacementEnvironment environment;
    private final MigrationSettings settings;
    private final MigrationWatchers watchers;
    private final PlacementRecorder recorder;
    private final PlacementHosts hosts;
    private final PlacementPreflight preflight;
    private final PlacementRest rest;

    /** Who waits for the end of the attach or detach under way; there is at most one of the two. */
    private @Nullable ActorRef<PlacementReply> waiting;

    /** Wall clock since when the source of the migration under way waits for its turn to be cut; 0 if it does not. Said again and again, so not journaled. */
    private long waitingSinceMillis;

    private int ticks;

    /**
     * The placement of a VM.
     *
     * @param shard is asked to stop it when it has nothing to do
     */
    public static Behavior<PlacementCommand> create(
            VmId vm, PlacementEnvironment environment, ActorRef<ClusterSharding.ShardCommand> shard) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new VmPlacement(vm, context, timers, environment, shard)));
    }

    private VmPlacement(
            VmId vm,
            ActorContext<PlacementCommand> context,
            TimerScheduler<PlacementCommand> timers,
            PlacementEnvironment environment,
            ActorRef<ClusterSharding.ShardCommand> shard) {
        super(
                PersistenceId.of(TYPE_KEY.name(), vm.toString()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
        this.vm = vm;
        this.context = context;
        this.timers = timers;
        this.environment = environment;
        this.settings = environment.settings();
        this.recorder = new PlacementRecorder(context, environment.records());
        this.hosts = new PlacementHosts(environment.hosts());
        this.preflight = new PlacementPreflight(context, environment.hosts(), settings);
        this.rest = new PlacementRest(vm, context, environment, shard);
        this.watchers = new MigrationWatchers(settings.maxWatchers(), this::view);
    }

    @Override
    public PlacementState emptyState() {
        return PlacementState.empty(vm);
    }

    @Override
    public EventHandler<PlacementState, PlacementEvent> eventHandler() {
        return PlacementState::apply;
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS_KEPT)
                .withDeleteEventsOnSnapshot();
    }

    @Override
    public SignalHandler<PlacementState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::recovered)
                .build();
    }

    @Override
    public CommandHandler<PlacementCommand, PlacementEvent, PlacementState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onCommand);
    }

    private Effect<PlacementEvent, PlacementState> onCommand(PlacementState state, PlacementCommand command) {
        return switch (command) {
            case PlacementCommand.Operator order -> rest.isAsked() ? passOn(order) : onOperator(state, order);
            case PlacementCommand.HostReport report -> rest.isAsked() ? passOn(report) : onReport(state, report);
            case PlacementCommand.Own own -> onOwn(state, own);
        };
    }

    private Effect<PlacementEvent, PlacementState> passOn(PlacementCommand command) {
        rest.passOn(command);
        return Effect().none();
    }

    private Effect<PlacementEvent, PlacementState> onOperator(PlacementState state, PlacementCommand.Operator order) {
        return switch (order) {
            case PlacementCommand.AttachVm attach -> onAttach(state, attach, 0);
            case PlacementCommand.DetachVm detach ->
                ordered(
                        state,
                        new PlacementInput.DetachRequested(detach.by()),
                        detach.replyTo(),
                        () -> waiting = detach.replyTo());
            case PlacementCommand.MigrateVm migrate -> onMigrate(state, migrate, 0);
            case PlacementCommand.CancelMigration cancel ->
                ordered(
                        state,
                        new PlacementInput.CancelRequested(cancel.id(), cancel.by()),
                        cancel.replyTo(),
                        () -> cancel.replyTo().tell(new PlacementReply.Cancelled(cancel.id())));
            case PlacementCommand.VmHasStopped stopped -> onVmStopped(state, stopped);
            case PlacementCommand.GetPlacement get -> {
                get.replyTo().tell(new PlacementReply.Placement(view(state)));
                yield Effect().none();
            }
            case PlacementCommand.AwaitMigration await -> {
                watchers.await(state, await);
                yield Effect().none();
            }
            case PlacementCommand.WatchMigration watch -> {
                watchers.add(state, watch);
                yield Effect().none();
            }
        };
    }

    private Effect<PlacementEvent, PlacementState> onAttach(
            PlacementState state, PlacementCommand.AttachVm attach, int looks) {
        Refusal why = PlacementMachine.whyNotAttach(state, hosts.isLost(state.host()));
        if (why == null && !attach.spec().vm().equals(vm)) {
            why = new Refusal(
                    RefusalCode.INVALID,
                    "the specification is of VM " + attach.spec().vm() + ", not " + vm);
        }
        if (why == null && preflight.awaits(attach.host(), attach, looks)) {
            return Effect().none();
        }
        if (why == null) {
            why = environment.hosts().whyNotUse(attach.host());
        }
        if (why != null) {
            return refuse(attach.replyTo(), why);
        }
        if (state.host() == null) {
            return attach(state, attach);
        }
        // Nothing is taken from a host, be it lost, for one that would refuse the VM.
        preflight.askTarget(attach.spec(), attach.host(), attach, 1);
        return Effect().none();
    }

    private Effect<PlacementEvent, PlacementState> attach(PlacementState state, PlacementCommand.AttachVm attach) {
        return ordered(
                state,
                new PlacementInput.AttachRequested(
                        attach.spec(), attach.host(), attach.by(), hosts.isLost(state.host())),
                attach.replyTo(),
                () -> waiting = attach.replyTo());
    }

    private Effect<PlacementEvent, PlacementState> onMigrate(
            PlacementState state, PlacementCommand.MigrateVm order, int looks) {
        Refusal why = PlacementMachine.whyNotMigrate(state, order.to());
        if (why == null && preflight.awaits(order.to(), order, looks)) {
            return Effect().none();
        }
        if (why == null) {
            why = environment.hosts().whyNotUse(order.to());
        }
        if (why == null) {
            why = state.host() == null ? null : environment.hosts().whyNotUse(state.host());
        }
        if (why != null) {
            return refuse(order.replyTo(), why);
        }
        preflight.askTarget(state.attachedSpec(), order.to(), order, 1);
        return Effect().none();
    }

    private Effect<PlacementEvent, PlacementState> onHostAwaited(
            PlacementState state, PlacementCommand.HostAwaited awaited) {
        preflight.waited();
        return switch (awaited.order()) {
            case PlacementCommand.AttachVm attach -> onAttach(state, attach, awaited.looks());
            case PlacementCommand.MigrateVm migrate -> onMigrate(state, migrate, awaited.looks());
        };
    }

    private Effect<PlacementEvent, PlacementState> onTargetSilent(
            PlacementState state, PlacementCommand.TargetSilent silent) {
        preflight.asked();
        return switch (silent.order()) {
            case PlacementCommand.AttachVm attach -> {
                Refusal why = PlacementMachine.whyNotAttach(state, hosts.isLost(state.host()));
                yield why != null
                        ? refuse(attach.replyTo(), why)
                        : askAgain(attach.spec(), attach.host(), attach, silent.attempt());
            }
            case PlacementCommand.MigrateVm migrate -> {
                Refusal why = PlacementMachine.whyNotMigrate(state, migrate.to());
                yield why != null
                        ? refuse(migrate.replyTo(), why)
                        : askAgain(state.attachedSpec(), migrate.to(), migrate, silent.attempt());
            }
        };
    }

    private Effect<PlacementEvent, PlacementState> askAgain(
            VmSpec spec, HostId to, PlacementCommand.Placing order, int attempt) {
        preflight.askTarget(spec, to, order, attempt + 1);
        return Effect().none();
    }

    private Effect<PlacementEvent, PlacementState> onTargetChecked(
            PlacementState state, PlacementCommand.TargetChecked checked) {
        preflight.asked();
        return switch (checked.order()) {
            case PlacementCommand.AttachVm attach ->
                checked.refusal() != null ? refuse(attach.replyTo(), checked.refusal()) : attach(state, attach);
            case PlacementCommand.MigrateVm migrate ->
                checked.refusal() != null ? refuse(migrate.replyTo(), checked.refusal()) : migrate(state, migrate);
        };
    }

    private Effect<PlacementEvent, PlacementState> migrate(PlacementState state, PlacementCommand.MigrateVm order) {
        if (order.dryRun()) {
            Refusal why = PlacementMachine.whyNotMigrate(state, order.to());
            order.replyTo()
                    .tell(
                            why != null
                                    ? Refused.of(why)
                                    : new PlacementReply.MigrationPossible(
                                            vm, Objects.requireNonNull(state.host()), order.to()));
            return Effect().none();
        }
        String id = environment.newMigrationId().get();
        return ordered(
                state,
                new PlacementInput.MigrateRequested(id, order.to(), order.by(), order.mover(), order.pace()),
                order.replyTo(),
                // Only when the log has it: whoever is told the id may ask any node for it at once.
                () -> recorder.then(() -> order.replyTo()
                        .tell(new PlacementReply.MigrationAccepted(
                                id, vm, Objects.requireNonNull(state.host()), order.to()))));
    }

    private Effect<PlacementEvent, PlacementState> onVmStopped(
            PlacementState state, PlacementCommand.VmHasStopped stopped) {
        Decision decision =
                decisionOn(state, new PlacementInput.VmHasStopped(stopped.id(), hosts.isReady(state, stopped.id())));
        if (decision.refusal() != null) {
            return refuse(stopped.replyTo(), decision.refusal());
        }
        if (decision.events().isEmpty()) {
            stopped.replyTo().tell(new PlacementReply.Placement(view(state)));
            return Effect().none();
        }
        return persist(state, decision)
                .thenRun(next -> stopped.replyTo().tell(new PlacementReply.Placement(view(next))));
    }

    private Effect<PlacementEvent, PlacementState> onReport(PlacementState state, PlacementCommand.HostReport report) {
        return switch (report) {
            case PlacementCommand.AttachReport r ->
                decide(
                        state,
                        r.refusal() == null
                                ? new PlacementInput.HostAttached(r.epoch(), r.restored())
                                : new PlacementInput.HostRefusedAttach(r.epoch(), r.refusal()));
            case PlacementCommand.DetachReport r -> {
                if (hosts.hasLetGo(state, r)) {
                    hosts.tell(state);
                    yield Effect().none();
                }
                yield decide(state, new PlacementInput.HostDetached(r.epoch()));
            }
            case PlacementCommand.TargetReady r -> onTargetReady(state, r);
            case PlacementCommand.TargetGaveUp r -> decide(state, new PlacementInput.TargetGaveUp(r.id(), r.refusal()));
            case PlacementCommand.TargetActivated r ->
                decide(state, new PlacementInput.TargetHasActivated(r.id(), r.vnics(), r.problems(), r.by()));
            case PlacementCommand.PreCopied r ->
                // without the destination's addresses there is nobody to hand over to; it says them again, and so does
                // the source
                hosts.isReady(state, r.id()) ? onPreCopied(state, r) : Effect().none();
            case PlacementCommand.SourceKept r -> decide(state, new PlacementInput.SourceKept(r.id(), r.refusal()));
            case PlacementCommand.SourceFailed r -> decide(state, new PlacementInput.SourceFailed(r.id(), r.refusal()));
            case PlacementCommand.SourceReclaimed r ->
                decide(state, new PlacementInput.SourceHasReclaimed(r.id(), r.refusal()));
            case PlacementCommand.SourceReleased r -> decide(state, new PlacementInput.SourceHasReleased(r.id()));
            case PlacementCommand.SourceWaits r -> {
                hosts.tellWaiting(state, r);
                yield Effect().none();
            }
            case PlacementCommand.ReplicaReport r ->
                decide(state, new PlacementInput.ReplicaIsAt(r.from(), r.epoch(), r.host(), r.problem()));
            case PlacementCommand.ReplicaHeld r -> {
                hosts.onReplicaHeld(state, r);
                yield Effect().none();
            }
        };
    }

    private Effect<PlacementEvent, PlacementState> onTargetReady(
            PlacementState state, PlacementCommand.TargetReady report) {
        if (!state.isMoving(report.id())) {
            report.session().tell(new TargetCommand.Abort("the placement knows no such migration", false));
            return Effect().none();
        }
        hosts.onTargetReady(state, report);
        context.getSelf().tell(new PlacementCommand.BeginPreCopy(report.id()));
        return decide(state, new PlacementInput.TargetIsReady(report.id(), report.policyRevision()));
    }

    private Effect<PlacementEvent, PlacementState> onPreCopied(
            PlacementState state, PlacementCommand.PreCopied report) {
        PlacementCommand.Turn turn = report.turn();
        boolean begins = waitingSinceMillis == 0 && state.phase() == PlacementPhase.PRECOPYING;
        if (turn != null && begins) {
            waitingSinceMillis = environment.wallClockMillis().getAsLong() - turn.waitedMillis();
        }
        if (turn == null || !turn.waits()) {
            return decide(
                    state, new PlacementInput.SourceHasPreCopied(report.id(), report.problem(), waitingSinceMillis));
        }
        if (begins) {
            // The source ends a wait that takes too long; this is for one that says nothing any more.
            startDeadline(
                    state, settings.turns().timeout().plus(settings.preCopy().patience()));
            watchers.answerWaiting(state);
        }
        return Effect().none();
    }

    private Effect<PlacementEvent, PlacementState> onOwn(PlacementState state, PlacementCommand.Own own) {
        return switch (own) {
            case PlacementCommand.Idle _ -> onIdle(state);
            case PlacementCommand.Tick tick -> onTick(state);
            case PlacementCommand.Recorded done -> onRecorded(state, done);
            case PlacementCommand.HostAwaited awaited -> onHostAwaited(state, awaited);
            case PlacementCommand.TargetChecked checked -> onTargetChecked(state, checked);
            case PlacementCommand.TargetSilent silent -> onTargetSilent(state, silent);
            case PlacementCommand.BeginPreCopy begin ->
                hosts.isReady(state, begin.id())
                        ? decide(state, new PlacementInput.PreCopyOrdered(begin.id()))
                        : Effect().none();
            case PlacementCommand.DeadlineReached reached -> {
                context.getLog().warn("VM {}: phase {} reached its limit", vm, reached.phase());
                yield decide(state, new PlacementInput.DeadlinePassed(reached.phase()));
            }
        };
    }

    private Effect<PlacementEvent, PlacementState> onIdle(PlacementState state) {
        if (state.phase().settled()
                && recorder.isWritten()
                && waiting == null
                && preflight.isIdle()
                && watchers.areNone()) {
            rest.askToStop();
        }
        return Effect().none();
    }

    private Effect<PlacementEvent, PlacementState> onTick(PlacementState state) {
        if (recorder.hasFailed()) {
            recorder.write(state);
        }
        Decision lost = decisionOn(state, new PlacementInput.HostsLost(hosts.lost(state)));
        if (!lost.events().isEmpty()) {
            return persist(state, lost);
        }
        // Before the first orders of a phase, which wait for the directory, there is nothing to repeat. A query that
        // overtook the order to cut over would make the source swear not to.
        boolean waitsForTurn = waitingSinceMillis > 0 && state.phase() == PlacementPhase.PRECOPYING;
        if (recorder.isWritten() && (!waitsForTurn || ++ticks % TICKS_WHILE_WAITING == 0)) {
            hosts.tell(state);
        }
        return Effect().none();
    }

    private Effect<PlacementEvent, PlacementState> onRecorded(PlacementState state, PlacementCommand.Recorded done) {
        if (!recorder.onRecorded(done)) {
            return Effect().none();
        }
        hosts.tellFirst(state, recorder.isWritten());
        runTimers(state);
        return Effect().none();
    }

    /** An operator's order: refused, or journaled and then {@code accepted}. */
    private Effect<PlacementEvent, PlacementState> ordered(
            PlacementState state, PlacementInput input, ActorRef<PlacementReply> replyTo, Runnable accepted) {
        Decision decision = decisionOn(state, input);
        if (decision.refusal() != null) {
            return refuse(replyTo, decision.refusal());
        }
        return Effect()
                .persist(decision.events())
                .thenRun((PlacementState next) -> accepted.run())
                .thenRun(next -> journaled(state, next, decision.events()));
    }

    private Effect<PlacementEvent, PlacementState> decide(PlacementState state, PlacementInput input) {
        Decision decision = decisionOn(state, input);
        return decision.events().isEmpty() ? Effect().none() : persist(state, decision);
    }

    private EffectBuilder<PlacementEvent, PlacementState> persist(PlacementState state, Decision decision) {
        return Effect().persist(decision.events()).thenRun(next -> journaled(state, next, decision.events()));
    }

    private Decision decisionOn(PlacementState state, PlacementInput input) {
        return PlacementMachine.decide(
                state, input, environment.wallClockMillis().getAsLong());
    }

    private Effect<PlacementEvent, PlacementState> refuse(ActorRef<PlacementReply> replyTo, Refusal refusal) {
        replyTo.tell(Refused.of(refusal));
        return Effect().none();
    }

    private void journaled(PlacementState before, PlacementState after, List<PlacementEvent> events) {
        PlacementLog.write(context.getLog(), before, after, events);
        if (after.move() == null) {
            waitingSinceMillis = 0;
        }
        answerWaiting(before, after, events);
        watchers.tell(before, after);
        hosts.tellOver(before, after);
        if (before.phase() != after.phase()) {
            startDeadline(after, settings.limit(after.phase()));
        }
        recorder.write(after);
    }

    private void answerWaiting(PlacementState before, PlacementState after, List<PlacementEvent> events) {
        ActorRef<PlacementReply> replyTo = waiting;
        PlacementReply reply = PlacementOrders.outcome(before, events, () -> view(after));
        if (replyTo != null && reply != null) {
            waiting = null;
            recorder.then(() -> replyTo.tell(reply));
        }
    }

    private void recovered(PlacementState state) {
        rest.begin();
        if (state.phase() != PlacementPhase.DETACHED || state.epoch() > 0) {
            startDeadline(state, settings.limit(state.phase()));
            recorder.write(state);
        }
    }

    private void startDeadline(PlacementState state, @Nullable Duration limit) {
        timers.cancel(DEADLINE);
        if (limit != null) {
            timers.startSingleTimer(DEADLINE, new PlacementCommand.DeadlineReached(state.phase()), limit);
        }
        runTimers(state);
    }

    private void runTimers(PlacementState state) {
        if (state.phase().settled() && recorder.isWritten()) {
            timers.cancel(TICK);
        } else if (!timers.isTimerActive(TICK)) {
            timers.startTimerWithFixedDelay(TICK, new PlacementCommand.Tick(), settings.retryInterval());
        }
    }

    private PlacementView view(PlacementState state) {
        return PlacementView.of(state, environment.hosts(), waitingSinceMillis);
    }
}
