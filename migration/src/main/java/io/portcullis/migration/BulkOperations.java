package io.portcullis.migration;

import io.portcullis.migration.model.BulkEvent;
import io.portcullis.migration.model.BulkMachine;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkOperation.Kind;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.BulkState;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.RebalancePlan;
import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.jspecify.annotations.Nullable;

/**
 * Empties hosts and carries out plans: one for the cluster, event-sourced, so that it goes on where it was when the node that ran it dies.
 *
 * <p>{@link BulkOperation} has the phases, {@link BulkMachine} decides, {@link BulkRunner} moves. At every tick hosts are told whether they take VMs, migrations
 * under way are watched, and the directory says which VMs are on the hosts that are to be emptied: so one that arrived late, or was moved by somebody else, is
 * seen, and a host that starts again while it is drained takes no VMs.
 */
public final class BulkOperations extends EventSourcedBehavior<BulkCommand, BulkEvent, BulkState> {
    static final String NAME = "bulk-operations";

    private static final int EVENTS_PER_SNAPSHOT = 200;
    private static final int SNAPSHOTS_KEPT = 2;

    private final ActorContext<BulkCommand> context;
    private final TimerScheduler<BulkCommand> timers;
    private final BulkEnvironment environment;
    private final MigrationSettings settings;
    private final HostSurvey survey;
    private final BulkRunner runner;

    /** Nodes that know that their host takes VMs. */
    private final Set<String> opened = new HashSet<>();

    private boolean surveying;

    public static Behavior<BulkCommand> create(BulkEnvironment environment) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new BulkOperations(context, timers, environment)));
    }

    private BulkOperations(
            ActorContext<BulkCommand> context, TimerScheduler<BulkCommand> timers, BulkEnvironment environment) {
        super(
                PersistenceId.ofUniqueId(NAME),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
        this.context = context;
        this.timers = timers;
        this.environment = environment;
        this.settings = environment.settings();
        this.survey = new HostSurvey(context.getSystem(), environment);
        this.runner = new BulkRunner(context, environment, survey);
        context.setLoggerName(BulkOperations.class);
        timers.startTimerWithFixedDelay(new BulkCommand.Tick(), settings.evacuationRetry());
    }

    @Override
    public BulkState emptyState() {
        return BulkState.EMPTY;
    }

    @Override
    public EventHandler<BulkState, BulkEvent> eventHandler() {
        return BulkState::apply;
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, SNAPSHOTS_KEPT)
                .withDeleteEventsOnSnapshot();
    }

    @Override
    public CommandHandler<BulkCommand, BulkEvent, BulkState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand((state, command) -> switch (command) {
            case BulkCommand.Empty order -> onEmpty(state, order);
            case BulkCommand.StopDrain stop -> onStopDrain(state, stop);
            case BulkCommand.GetDrain get ->
                answer(
                        get,
                        state.ofHost(get.host())
                                .<BulkReply>map(operation -> BulkReply.Status.of(operation, false))
                                .orElseGet(() -> new BulkReply.NoOperation(get.host())));
            case BulkCommand.Rebalance rebalance -> onRebalance(state, rebalance);
            case BulkCommand.ChangeOperation change -> onChange(state, change);
            case BulkCommand.GetOperation get ->
                answer(
                        get,
                        state.find(get.id())
                                .<BulkReply>map(operation -> BulkReply.Status.of(operation, true))
                                .orElseGet(() -> unknown(get.id())));
            case BulkCommand.ListOperations list ->
                answer(
                        list,
                        new BulkReply.Operations(state.operations().reversed().stream()
                                .map(operation -> BulkReply.Status.of(operation, false))
                                .toList()));
            case BulkCommand.Tick _ -> onTick(state);
            case BulkCommand.HostTold told -> onHostTold(state, told);
            case BulkCommand.VmsListed listed -> onVmsListed(state, listed);
            case BulkCommand.HostsSurveyed surveyed -> onSurveyed(state, surveyed);
            case BulkCommand.LookAgain again -> {
                look(state, again.plan(), true);
                yield Effect().none();
            }
            case BulkCommand.MoveAnswered answered -> onMoveAnswered(state, answered);
            case BulkCommand.MoveUpdated updated -> onMoveUpdated(state, updated.update());
        });
    }

    private Effect<BulkEvent, BulkState> answer(BulkCommand.Operator order, BulkReply reply) {
        order.replyTo().tell(reply);
        return Effect().none();
    }

    private Effect<BulkEvent, BulkState> refuse(BulkCommand.Operator order, Refusal why) {
        return answer(order, new BulkReply.Refused(why.code(), why.message()));
    }

    private static BulkReply unknown(String id) {
        return new BulkReply.Refused(RefusalCode.UNKNOWN, "there is no operation '" + id + "'");
    }

    private long now() {
        return environment.wallClockMillis().getAsLong();
    }

    // ---- orders

    private Effect<BulkEvent, BulkState> onEmpty(BulkState state, BulkCommand.Empty order) {
        Refusal why = whyNot(state, order);
        if (why != null) {
            return refuse(order, why);
        }
        tell(order.host(), true, order);
        return Effect().none();
    }

    private @Nullable Refusal whyNot(BulkState state, BulkCommand.Empty order) {
        Refusal why = environment.hosts().whyNotUse(order.host());
        if (why == null) {
            why = BulkMachine.whyNotEmpty(state, order.kind(), order.host());
        }
        return why == null ? whyNot(state, order.wishes(), order.host()) : why;
    }

    private @Nullable Refusal whyNot(BulkState state, BulkCommand.Wishes wishes, @Nullable HostId source) {
        for (HostId to : wishes.to()) {
            Refusal why = environment.hosts().whyNotUse(to);
            if (why == null && to.equals(source)) {
                why = new Refusal(RefusalCode.SAME_HOST, "host " + to + " is the one that is to be emptied");
            }
            if (why == null && state.closes(to)) {
                why = new Refusal(RefusalCode.DRAINING, "host " + to + " is being emptied itself");
            }
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    /** The host takes no VMs any more, or could not be told. */
    private Effect<BulkEvent, BulkState> onHostEmptied(
            BulkState state, BulkCommand.Empty order, AgentCommand.@Nullable DrainingSet answer) {
        Refusal why = answer == null
                ? new Refusal(RefusalCode.TIMEOUT, "host " + order.host() + " did not answer")
                : answer.refusal();
        if (why == null) {
            why = BulkMachine.whyNotEmpty(state, order.kind(), order.host());
        }
        if (why != null) {
            opened.clear();
            return refuse(order, why);
        }
        BulkOperation open =
                state.ofHost(order.host()).filter(last -> !last.over()).orElse(null);
        if (open != null && open.phase() == Phase.LEAVING) {
            return answer(order, BulkReply.Status.of(open, false));
        }
        BulkEvent begun = open == null
                ? new BulkEvent.OperationStarted(
                        begin(state, order.kind(), order.host(), order.wishes(), order.by(), List.of()))
                : new BulkEvent.OperationRestarted(
                        open.id(), open.kind() == Kind.LEAVE ? Kind.LEAVE : order.kind(), order.by());
        context.getLog().info("host {} is to be emptied by {}: {}", order.host(), order.by(), begun.id());
        return persist(state, List.of(begun), next -> {
            order.replyTo().tell(BulkReply.Status.of(next.ofHost(order.host()).orElseThrow(), false));
            context.getSelf().tell(new BulkCommand.Tick());
        });
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
                moves);
    }

    private Effect<BulkEvent, BulkState> onStopDrain(BulkState state, BulkCommand.StopDrain stop) {
        BulkOperation open =
                state.ofHost(stop.host()).filter(last -> !last.over()).orElse(null);
        if (open == null) {
            tell(stop.host(), false, stop);
            return Effect().none();
        }
        Refusal why = BulkMachine.whyNotEnter(open, Phase.CANCELLED);
        if (why != null) {
            return refuse(stop, why);
        }
        context.getLog().info("host {} takes VMs again, says {}: {}", stop.host(), stop.by(), open.id());
        return persist(
                state,
                List.of(new BulkEvent.PhaseEntered(open.id(), Phase.CANCELLED, stop.by(), now())),
                next -> tell(stop.host(), false, stop));
    }

    private Effect<BulkEvent, BulkState> onChange(BulkState state, BulkCommand.ChangeOperation order) {
        BulkOperation operation = state.find(order.id()).orElse(null);
        if (operation == null) {
            return answer(order, unknown(order.id()));
        }
        Phase phase = switch (order.change()) {
            case PAUSE -> Phase.PAUSED;
            case RESUME -> Phase.RUNNING;
            case CANCEL -> Phase.CANCELLED;
        };
        Refusal why = BulkMachine.whyNotEnter(operation, phase);
        if (why != null) {
            return refuse(order, why);
        }
        context.getLog().info("operation {} becomes {}, says {}", order.id(), phase, order.by());
        BulkEvent event = operation.phase() == Phase.INCOMPLETE && phase == Phase.RUNNING
                ? new BulkEvent.OperationRestarted(operation.id(), operation.kind(), order.by())
                : new BulkEvent.PhaseEntered(operation.id(), phase, order.by(), now());
        return persist(state, List.of(event), next -> {
            order.replyTo().tell(BulkReply.Status.of(next.find(order.id()).orElseThrow(), false));
            context.getSelf().tell(new BulkCommand.Tick());
        });
    }

    // ---- plans

    private Effect<BulkEvent, BulkState> onRebalance(BulkState state, BulkCommand.Rebalance order) {
        Refusal why = whyNotRebalance(state, order);
        if (why != null) {
            return refuse(order, why);
        }
        look(state, order, false);
        return Effect().none();
    }

    private @Nullable Refusal whyNotRebalance(BulkState state, BulkCommand.Rebalance order) {
        Refusal why = order.dryRun() ? null : BulkMachine.whyNotRebalance(state);
        return why == null ? whyNot(state, order.wishes(), null) : why;
    }

    private Effect<BulkEvent, BulkState> onPlan(BulkState state, BulkCommand.Rebalance order) {
        Refusal why = whyNotRebalance(state, order);
        if (why != null) {
            return refuse(order, why);
        }
        BulkSettings bulk = settings.bulk();
        List<HostId> only = order.wishes().to();
        RebalancePlan plan = RebalancePlan.of(
                survey.rooms().stream()
                        .filter(room -> !state.closes(room.host()))
                        .toList(),
                host -> only.isEmpty() || only.contains(host),
                bulk.policy().antiAffinity(),
                bulk.maxPlannedMoves(),
                bulk.tolerance());
        if (order.dryRun() || plan.moves().isEmpty()) {
            return answer(order, new BulkReply.Planned(plan, null));
        }
        BulkOperation operation = begin(
                state,
                Kind.REBALANCE,
                null,
                order.wishes(),
                order.by(),
                plan.moves().stream().map(BulkMove::planned).toList());
        return persist(state, List.of(new BulkEvent.OperationStarted(operation)), next -> {
            order.replyTo().tell(new BulkReply.Planned(plan, BulkReply.Status.of(operation, false)));
            context.getSelf().tell(new BulkCommand.Tick());
        });
    }

    // ---- looking

    private Effect<BulkEvent, BulkState> onTick(BulkState state) {
        for (HostId host : environment.hosts().up()) {
            boolean isClosed = state.closes(host);
            String node = environment.hosts().node(host).orElse("");
            if (isClosed || !opened.contains(node)) {
                tell(host, isClosed, null);
            }
        }
        runner.watch(state);
        List<BulkEvent> events = new ArrayList<>();
        for (BulkOperation operation : state.open()) {
            HostId host = operation.host();
            String node = host == null ? null : environment.hosts().node(host).orElse(null);
            if (host == null) {
                events.addAll(BulkMachine.finished(operation, null, now()));
            } else if (operation.phase() == Phase.LEAVING) {
                List<BulkEvent> left = BulkMachine.left(operation, node, now());
                events.addAll(left);
                if (left.isEmpty()) {
                    environment.leaveCluster().accept(host);
                }
            } else {
                list(operation.id(), host);
            }
        }
        lookForRoom(state);
        return events.isEmpty() ? Effect().none() : persist(state, events, next -> {});
    }

    private void list(String id, HostId host) {
        context.pipeToSelf(environment.vmsOn().apply(host), (vms, failure) -> {
            if (failure != null) {
                context.getLog().warn("directory not readable, trying again: {}", failure.toString());
            }
            return new BulkCommand.VmsListed(id, host, failure == null ? vms : null);
        });
    }

    /** Tells a host whether it takes VMs; what it answers comes as {@link BulkCommand.HostTold}. */
    private void tell(HostId host, boolean draining, BulkCommand.@Nullable Operator order) {
        String node = environment.hosts().node(host).orElse("");
        context.ask(
                AgentCommand.DrainingSet.class,
                environment.hosts().agent(host),
                settings.checkTimeout(),
                replyTo -> new AgentCommand.SetDraining(draining, replyTo),
                (answer, failure) -> new BulkCommand.HostTold(host, node, draining, order, answer));
    }

    private Effect<BulkEvent, BulkState> onHostTold(BulkState state, BulkCommand.HostTold told) {
        AgentCommand.DrainingSet answer = told.answer();
        if (answer != null && answer.refusal() == null && !told.draining() && !state.closes(told.host())) {
            opened.add(told.node());
        } else {
            opened.remove(told.node());
        }
        BulkCommand.Operator order = told.order();
        if (order instanceof BulkCommand.Empty empty) {
            return onHostEmptied(state, empty, answer);
        }
        if (order != null) {
            order.replyTo()
                    .tell(state.ofHost(told.host())
                            .<BulkReply>map(operation -> BulkReply.Status.of(operation, false))
                            .orElseGet(() -> new BulkReply.NoOperation(told.host())));
        }
        return Effect().none();
    }

    private Effect<BulkEvent, BulkState> onVmsListed(BulkState state, BulkCommand.VmsListed listed) {
        BulkOperation operation = state.find(listed.id()).orElse(null);
        List<VmId> vms = listed.vms();
        if (operation == null || vms == null) {
            return Effect().none();
        }
        List<BulkEvent> events = new ArrayList<>(BulkMachine.listed(operation, vms, runner.asked(), now()));
        BulkState after = state;
        for (BulkEvent event : events) {
            after = after.apply(event);
        }
        events.addAll(BulkMachine.finished(
                after.find(operation.id()).orElseThrow(),
                environment.hosts().node(listed.host()).orElse(null),
                now()));
        return events.isEmpty() ? Effect().none() : persist(state, events, this::lookForRoom);
    }

    private void lookForRoom(BulkState state) {
        boolean isNeeded = state.open().stream()
                .anyMatch(
                        operation -> operation.phase() == Phase.RUNNING && operation.count(BulkMove.State.WAITING) > 0);
        if (isNeeded && !surveying) {
            surveying = true;
            look(state, null, false);
        }
    }

    private void look(BulkState state, BulkCommand.@Nullable Rebalance plan, boolean second) {
        Set<VmId> onTheirWay = new HashSet<>(runner.asked());
        state.operations()
                .forEach(operation -> operation.with(BulkMove.State.MOVING).forEach(move -> onTheirWay.add(move.vm())));
        context.pipeToSelf(
                survey.ask(onTheirWay),
                (answers, failure) -> new BulkCommand.HostsSurveyed(
                        answers == null ? HostSurvey.Answers.NONE : answers, onTheirWay, plan, second));
    }

    private Effect<BulkEvent, BulkState> onSurveyed(BulkState state, BulkCommand.HostsSurveyed surveyed) {
        survey.take(surveyed.answers());
        runner.surveyed(surveyed.onTheirWay());
        BulkCommand.Rebalance plan = surveyed.plan();
        if (plan == null) {
            surveying = false;
            return begin(state);
        }
        if (surveyed.second()) {
            return onPlan(state, plan);
        }
        context.scheduleOnce(settings.bulk().sample(), context.getSelf(), new BulkCommand.LookAgain(plan));
        return Effect().none();
    }

    // ---- moving

    private Effect<BulkEvent, BulkState> begin(BulkState state) {
        List<BulkEvent> events = new ArrayList<>();
        runner.begin(state)
                .forEach((turn, why) ->
                        events.add(failed(turn.operation(), turn.move().vm(), why)));
        return events.isEmpty() ? Effect().none() : persist(state, events, next -> {});
    }

    private BulkEvent failed(BulkOperation operation, VmId vm, String why) {
        context.getLog().warn("{} is not moved by {}: {}", vm, operation.id(), why);
        runner.failed(vm);
        int attempts = operation.find(vm).map(BulkMove::attempts).orElse(0) + 1;
        return new BulkEvent.MoveFailed(operation.id(), vm, why, attempts >= settings.evacuationAttempts(), now());
    }

    private Effect<BulkEvent, BulkState> onMoveAnswered(BulkState state, BulkCommand.MoveAnswered answered) {
        VmId vm = answered.vm();
        runner.answered(vm);
        BulkOperation operation = state.find(answered.id()).orElse(null);
        if (operation == null) {
            return Effect().none();
        }
        return switch (answered.reply()) {
            case PlacementReply.MigrationAccepted accepted ->
                persist(
                        state,
                        List.of(new BulkEvent.MoveBegun(operation.id(), vm, answered.to(), accepted.id(), now())),
                        next -> runner.watch(vm, accepted.id()));
            case PlacementReply.Refused refused -> onMoveRefused(state, operation, vm, refused);
            case null -> ended(state, failed(operation, vm, "the VM's placement did not answer"));
            case PlacementReply.Attached _,
                    PlacementReply.Detached _,
                    PlacementReply.Cancelled _,
                    PlacementReply.Placement _ ->
                ended(state, failed(operation, vm, "unexpected answer " + answered.reply()));
        };
    }

    /** Somebody else may be moving it, or have moved it: the directory will say. */
    private Effect<BulkEvent, BulkState> onMoveRefused(
            BulkState state, BulkOperation operation, VmId vm, PlacementReply.Refused refused) {
        if (refused.code() == RefusalCode.MOVING) {
            runner.failed(vm);
            return Effect().none();
        }
        return ended(
                state,
                refused.code() == RefusalCode.SAME_HOST
                        ? new BulkEvent.MoveDone(operation.id(), vm, now())
                        : failed(operation, vm, refused.message()));
    }

    private Effect<BulkEvent, BulkState> onMoveUpdated(BulkState state, MigrationUpdate update) {
        for (BulkOperation operation : state.operations()) {
            for (BulkMove move : operation.with(BulkMove.State.MOVING)) {
                if (update.id().equals(move.migration())) {
                    return onMoveUpdated(state, operation, move.vm(), update);
                }
            }
        }
        return Effect().none();
    }

    private Effect<BulkEvent, BulkState> onMoveUpdated(
            BulkState state, BulkOperation operation, VmId vm, MigrationUpdate update) {
        return switch (update) {
            case MigrationUpdate.Progress progress -> {
                MigrationReceipt receipt = progress.receipt();
                if (!progress.ended() || receipt == null) {
                    yield Effect().none();
                }
                yield ended(
                        state,
                        receipt.outcome() == MigrationOutcome.COMMITTED
                                ? new BulkEvent.MoveDone(operation.id(), vm, now())
                                : failed(
                                        operation,
                                        vm,
                                        receipt.outcome() + ": " + String.join("; ", receipt.problems())));
            }
            case MigrationUpdate.NotFound notFound ->
                ended(state, failed(operation, vm, "migration " + notFound.id() + " is not known any more"));
        };
    }

    /** The next VM begins at once; when none is left, everything is looked at. */
    private Effect<BulkEvent, BulkState> ended(BulkState state, BulkEvent end) {
        return persist(state, List.of(end), next -> {
            BulkOperation operation = next.find(end.id()).orElseThrow();
            if (operation.count(BulkMove.State.WAITING) + operation.count(BulkMove.State.MOVING) == 0) {
                context.getSelf().tell(new BulkCommand.Tick());
            } else if (end instanceof BulkEvent.MoveDone) {
                runner.begin(next);
            }
        });
    }

    private Effect<BulkEvent, BulkState> persist(BulkState before, List<BulkEvent> events, Consumer<BulkState> then) {
        return Effect().persist(events).thenRun((BulkState next) -> {
            log(before, next);
            then.accept(next);
        });
    }

    private void log(BulkState before, BulkState next) {
        Map<String, Phase> phases = new HashMap<>();
        before.operations().forEach(operation -> phases.put(operation.id(), operation.phase()));
        for (BulkOperation operation : next.operations()) {
            Phase was = phases.get(operation.id());
            if (was != null && !Objects.equals(was, operation.phase())) {
                context.getLog()
                        .info(
                                "operation {} ({} {}) is {}: {} of {} VMs moved, {} could not be",
                                operation.id(),
                                operation.kind(),
                                operation.host() == null ? "all hosts" : operation.host(),
                                operation.phase(),
                                operation.count(BulkMove.State.MOVED),
                                operation.moves().size(),
                                operation.count(BulkMove.State.FAILED));
            }
        }
    }
}
