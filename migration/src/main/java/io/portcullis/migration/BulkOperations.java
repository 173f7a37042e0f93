package io.portcullis.migration;

import io.portcullis.migration.model.BulkEvent;
import io.portcullis.migration.model.BulkMachine;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.BulkState;
import io.portcullis.migration.model.RebalancePlan;
import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
    private final BulkEnvironment environment;
    private final MigrationSettings settings;
    private final HostSurvey survey;
    private final BulkRunner runner;
    private final HostDoors doors;
    private final BulkPaces paces;
    private final BulkChecks checks;
    private final BulkOrders orders;

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
        this.environment = environment;
        this.settings = environment.settings();
        this.survey = new HostSurvey(context.getSystem(), environment);
        this.runner = new BulkRunner(context, environment, survey);
        this.doors = new HostDoors(context, environment);
        this.paces = new BulkPaces(context, environment);
        this.checks = new BulkChecks(environment.hosts());
        this.orders = new BulkOrders(context, settings, environment.wallClockMillis());
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
                                .<BulkReply>map(operation -> status(operation, false))
                                .orElseGet(() -> new BulkReply.NoOperation(get.host())));
            case BulkCommand.Rebalance rebalance -> onRebalance(state, rebalance);
            case BulkCommand.ChangeOperation change ->
                changed(state, change, change.id(), orders.change(state, change));
            case BulkCommand.LimitOperation limit -> changed(state, limit, limit.id(), orders.limit(state, limit));
            case BulkCommand.GetOperation get ->
                answer(
                        get,
                        state.find(get.id())
                                .<BulkReply>map(operation -> status(operation, true))
                                .orElseGet(() -> BulkReply.Refused.of(BulkOrders.unknown(get.id()))));
            case BulkCommand.ListOperations list ->
                answer(
                        list,
                        new BulkReply.Operations(state.operations().reversed().stream()
                                .map(operation -> BulkReply.Status.ofMany(
                                        operation, runner.heldBack(operation), paces.used(operation)))
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
            case BulkCommand.PaceHeard(var answer) -> {
                paces.heard(answer);
                yield Effect().none();
            }
        });
    }

    private Effect<BulkEvent, BulkState> answer(BulkCommand.Operator order, BulkReply reply) {
        order.replyTo().tell(reply);
        return Effect().none();
    }

    private Effect<BulkEvent, BulkState> refuse(BulkCommand.Operator order, Refusal why) {
        return answer(order, BulkReply.Refused.of(why));
    }

    private BulkReply.Status status(BulkOperation operation, boolean withMoves) {
        return BulkReply.Status.of(operation, withMoves, runner.heldBack(operation), paces.used(operation));
    }

    private long now() {
        return environment.wallClockMillis().getAsLong();
    }

    // ---- orders

    private Effect<BulkEvent, BulkState> onEmpty(BulkState state, BulkCommand.Empty order) {
        Refusal why = checks.whyNotEmpty(state, order);
        if (why != null) {
            return refuse(order, why);
        }
        doors.tell(order.host(), true, order);
        return Effect().none();
    }

    private Effect<BulkEvent, BulkState> onHostEmptied(
            BulkState state, BulkCommand.Empty order, AgentCommand.@Nullable DrainingSet answer) {
        return switch (orders.empty(state, order, answer)) {
            case BulkOrders.Outcome.Refused(var why) -> refuse(order, why);
            case BulkOrders.Outcome.Nothing _ ->
                answer(order, status(state.ofHost(order.host()).orElseThrow(), false));
            case BulkOrders.Outcome.Accepted(var event) ->
                persist(state, List.of(event), next -> {
                    order.replyTo().tell(status(next.ofHost(order.host()).orElseThrow(), false));
                    context.getSelf().tell(new BulkCommand.Tick());
                });
        };
    }

    private Effect<BulkEvent, BulkState> onStopDrain(BulkState state, BulkCommand.StopDrain stop) {
        return switch (orders.stopDrain(state, stop)) {
            case BulkOrders.Outcome.Refused(var why) -> refuse(stop, why);
            case BulkOrders.Outcome.Nothing _ -> {
                doors.tell(stop.host(), false, stop);
                yield Effect().none();
            }
            case BulkOrders.Outcome.Accepted(var event) ->
                persist(state, List.of(event), next -> doors.tell(stop.host(), false, stop));
        };
    }

    private Effect<BulkEvent, BulkState> changed(
            BulkState state, BulkCommand.Operator order, String id, BulkOrders.Outcome outcome) {
        return switch (outcome) {
            case BulkOrders.Outcome.Refused(var why) -> refuse(order, why);
            case BulkOrders.Outcome.Nothing _ ->
                answer(order, status(state.find(id).orElseThrow(), false));
            case BulkOrders.Outcome.Accepted(var event) ->
                persist(state, List.of(event), next -> {
                    if (event instanceof BulkEvent.LimitsChanged) {
                        paces.tellAll(next);
                    }
                    order.replyTo().tell(status(next.find(id).orElseThrow(), false));
                    context.getSelf().tell(new BulkCommand.Tick());
                });
        };
    }

    // ---- plans

    private Effect<BulkEvent, BulkState> onRebalance(BulkState state, BulkCommand.Rebalance order) {
        Refusal why = checks.whyNotRebalance(state, order);
        if (why != null) {
            return refuse(order, why);
        }
        look(state, order, false);
        return Effect().none();
    }

    private Effect<BulkEvent, BulkState> onPlan(BulkState state, BulkCommand.Rebalance order) {
        Refusal why = checks.whyNotRebalance(state, order);
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
        BulkOperation operation = orders.rebalance(
                state, order, plan.moves().stream().map(BulkMove::planned).toList());
        return persist(state, List.of(new BulkEvent.OperationStarted(operation)), next -> {
            order.replyTo().tell(new BulkReply.Planned(plan, status(operation, false)));
            context.getSelf().tell(new BulkCommand.Tick());
        });
    }

    // ---- looking

    private Effect<BulkEvent, BulkState> onTick(BulkState state) {
        doors.tellAll(state);
        paces.tellAll(state);
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

    private Effect<BulkEvent, BulkState> onHostTold(BulkState state, BulkCommand.HostTold told) {
        doors.told(state, told);
        BulkCommand.Operator order = told.order();
        if (order instanceof BulkCommand.Empty empty) {
            return onHostEmptied(state, empty, told.answer());
        }
        if (order != null) {
            order.replyTo()
                    .tell(state.ofHost(told.host())
                            .<BulkReply>map(operation -> status(operation, false))
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
        Set<VmId> onTheirWay = onTheirWay(state);
        Set<VmId> arrived = runner.arrived(onTheirWay);
        context.pipeToSelf(
                survey.ask(onTheirWay),
                (answers, failure) -> new BulkCommand.HostsSurveyed(
                        answers == null ? HostSurvey.Answers.NONE : answers, arrived, plan, second));
    }

    private Set<VmId> onTheirWay(BulkState state) {
        Set<VmId> vms = new HashSet<>(runner.asked());
        state.operations()
                .forEach(operation -> operation.with(BulkMove.State.MOVING).forEach(move -> vms.add(move.vm())));
        return vms;
    }

    private Effect<BulkEvent, BulkState> onSurveyed(BulkState state, BulkCommand.HostsSurveyed surveyed) {
        Set<VmId> kept = onTheirWay(state);
        kept.addAll(runner.placedSince());
        survey.take(surveyed.answers(), kept);
        runner.surveyed(surveyed.arrived());
        BulkCommand.Rebalance plan = surveyed.plan();
        if (plan == null) {
            surveying = false;
            List<BulkEvent> homeless = runner.begin(state);
            return homeless.isEmpty() ? Effect().none() : persist(state, homeless, next -> {});
        }
        if (surveyed.second()) {
            return onPlan(state, plan);
        }
        context.scheduleOnce(settings.bulk().sample(), context.getSelf(), new BulkCommand.LookAgain(plan));
        return Effect().none();
    }

    // ---- moving

    private Effect<BulkEvent, BulkState> onMoveAnswered(BulkState state, BulkCommand.MoveAnswered answered) {
        return runner.answered(state, answered)
                .map(event -> moved(state, event))
                .orElseGet(() -> Effect().none());
    }

    private Effect<BulkEvent, BulkState> onMoveUpdated(BulkState state, MigrationUpdate update) {
        return runner.updated(state, update)
                .map(event -> moved(state, event))
                .orElseGet(() -> Effect().none());
    }

    /** When one has ended the next one begins at once; when none is left, everything is looked at. */
    private Effect<BulkEvent, BulkState> moved(BulkState state, BulkEvent event) {
        return persist(state, List.of(event), next -> {
            BulkOperation operation = next.find(event.id()).orElseThrow();
            if (event instanceof BulkEvent.MoveBegun begun) {
                runner.watch(begun.vm(), begun.migration());
            } else if (operation.count(BulkMove.State.WAITING) + operation.count(BulkMove.State.MOVING) == 0) {
                context.getSelf().tell(new BulkCommand.Tick());
            } else if (event instanceof BulkEvent.MoveDone) {
                // Who finds no host now is asked again at the next tick.
                runner.begin(next);
            }
        });
    }

    private Effect<BulkEvent, BulkState> persist(BulkState before, List<BulkEvent> events, Consumer<BulkState> then) {
        return Effect().persist(events).thenRun((BulkState next) -> {
            BulkLog.write(context.getLog(), before, next);
            then.accept(next);
        });
    }
}
