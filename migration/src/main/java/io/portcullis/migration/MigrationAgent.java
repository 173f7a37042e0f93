package io.portcullis.migration;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.model.AgentInput;
import io.portcullis.migration.model.AgentMachine;
import io.portcullis.migration.model.AgentOrder;
import io.portcullis.migration.model.AgentState;
import io.portcullis.migration.model.CutTurns;
import io.portcullis.migration.model.HostWork;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.Precopied;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.Restored;
import io.portcullis.migration.model.SendRate;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.SourceInput;
import io.portcullis.migration.model.TargetInput;
import io.portcullis.migration.model.Transition;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.parcel.Parcels;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * Does on one host what the placements of VMs order: attach, detach, and the host's part of each migration, for which it runs a
 * {@link TargetSession}, or a {@link PreCopySource} and then a {@link SourceSession}. {@link AgentMachine} decides; this runs its orders and tells it what came of them.
 *
 * <p>Must be spawned as {@link #NAME} directly under the guardian: state goes through the large-message stream by that path.
 */
public final class MigrationAgent extends AbstractBehavior<AgentCommand> {
    public static final String NAME = "migration-agent";

    private final AgentEnvironment environment;
    private final VmHost host;
    private final Map<String, ActorRef<TargetCommand>> targets = new HashMap<>();
    private final Map<String, ActorRef<SourceCommand>> sources = new HashMap<>();
    private final Map<String, ActorRef<PreCopyCommand>> precopies = new HashMap<>();

    /** Orders to cut over that wait for the end of the pre-copy. */
    private final Map<String, AgentCommand.StartCutover> cutovers = new HashMap<>();

    private final BulkWindow window;
    private final @Nullable ActorRef<ReplicaCommand> replicas;
    /** To each other host, and from all of them into this one. */
    private final CutTurns<Address> outgoing;

    private final CutTurns<HostId> incoming;
    private AgentState state;

    /** Without replicas. */
    static Behavior<AgentCommand> create(AgentEnvironment environment) {
        return create(environment, null);
    }

    /** @param replicas null for a host that takes no part in them */
    static Behavior<AgentCommand> create(AgentEnvironment environment, @Nullable ReplicaEnvironment replicas) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(
                    new AgentCommand.LookForWaiting(), environment.settings().wakeInterval());
            return new MigrationAgent(context, environment, replicas);
        }));
    }

    private MigrationAgent(
            ActorContext<AgentCommand> context,
            AgentEnvironment environment,
            @Nullable ReplicaEnvironment replicaEnvironment) {
        super(context);
        context.setLoggerName(MigrationAgent.class);
        this.environment = environment;
        this.host = environment.host();
        PreCopySettings preCopy = environment.settings().preCopy();
        var system = context.getSystem();
        this.window = new BulkWindow(
                preCopy.window(),
                new SendRate(preCopy.maxBytesPerSecond()),
                System::nanoTime,
                (nanos, run) ->
                        system.scheduler().scheduleOnce(Duration.ofNanos(nanos), run, system.executionContext()));
        this.replicas = replicaEnvironment == null
                ? null
                : context.spawn(Replicas.create(replicaEnvironment, window), Replicas.NAME);
        this.outgoing = new CutTurns<>(environment.settings().turns().outgoing());
        this.incoming = new CutTurns<>(environment.settings().turns().incoming());
        this.state = AgentState.of(host.host(), environment.settings().maxEndedSessions());
    }

    @Override
    public Receive<AgentCommand> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onMessage).build();
    }

    private Behavior<AgentCommand> onMessage(AgentCommand message) {
        switch (message) {
            case AgentCommand.CheckTarget check -> onCheck(check);
            case AgentCommand.GetLoad get -> onGetLoad(get);
            case AgentCommand.SetDraining set -> onSetDraining(set);
            case AgentCommand.SetPace(var pace, var replyTo) ->
                replyTo.tell(new AgentCommand.PaceSet(host.host(), pace.operation(), window.pace(pace)));
            case AgentCommand.StartPreCopy order -> onStartPreCopy(order);
            case AgentCommand.StopPreCopy order -> stopPreCopy(order.id(), "the placement gave up");
            case AgentCommand.PreCopyDone done -> onPreCopyDone(done);
            case AgentCommand.PreCopyAnew anew -> onPreCopyAnew(anew);
            case AgentCommand.StartCutover order -> onStartCutover(order);
            case AgentCommand.QuerySource order -> onQuerySource(order);
            case AgentCommand.ReclaimSource order -> {
                stopPreCopy(order.id(), "the VM stays here");
                onOrder(order, Map.of());
            }
            case AgentCommand.VmOrder order -> onOrder(order, Map.of());
            case AgentCommand.HostAnswered answered -> onHostAnswered(answered);
            case AgentCommand.SessionEnded over -> onSessionEnded(over);
            case AgentCommand.SessionGone gone -> onSessionGone(gone);
            case AgentCommand.LookForWaiting _ -> lookForWaiting();
            case AgentCommand.WaitingFound found -> onWaitingFound(found);
        }
        return this;
    }

    // ---- what needs no decision

    private void onCheck(AgentCommand.CheckTarget check) {
        host.wouldTake(check.spec())
                .whenComplete((done, failure) -> check.replyTo()
                        .tell(new AgentCommand.TargetCheck(
                                host.host(), failure == null ? null : HostRefusal.of(failure))));
    }

    private void onGetLoad(AgentCommand.GetLoad get) {
        Parcels parcels = Parcels.get(getContext().getSystem());
        host.load(get.besides()).whenComplete((load, failure) -> {
            if (failure == null && load.vms().size() > AgentCommand.HostLoad.MAX_INLINE_VMS) {
                parcels.tell(get.replyTo(), load, AgentCommand.LoadInPieces::new);
            } else if (failure == null) {
                get.replyTo().tell(load);
            }
        });
    }

    private void onSetDraining(AgentCommand.SetDraining set) {
        if (replicas != null) {
            replicas.tell(new ReplicaCommand.Draining(set.draining()));
        }
        host.setDraining(set.draining())
                .whenComplete((done, failure) -> set.replyTo()
                        .tell(new AgentCommand.DrainingSet(
                                set.draining(), failure == null ? null : HostRefusal.of(failure))));
    }

    private void lookForWaiting() {
        getContext()
                .pipeToSelf(
                        host.waitingVms(),
                        (vms, failure) -> new AgentCommand.WaitingFound(failure == null ? vms : List.of()));
    }

    /**
     * A host that was taken for dead may come back with a data path that still waits, and one that has given up an epoch does not enforce under it, whatever
     * the directory says: the placement says what is to be done. While a migration is under way it says nothing to that.
     */
    private void onWaitingFound(AgentCommand.WaitingFound found) {
        found.vms().forEach(spec -> tellPlacement(spec.vm(), new PlacementCommand.SourceWaits("", host.host(), spec)));
    }

    // ---- pre-copy, which changes nothing at either side

    private void onStartPreCopy(AgentCommand.StartPreCopy order) {
        ActorRef<PreCopyCommand> running = precopies.get(order.id());
        SessionName session = new SessionName(Side.SOURCE, order.id());
        if (running != null) {
            running.tell(new PreCopyCommand.Report(order.awaitsTurn()));
        } else if (state.knows(session) || state.hasSworn(session)) {
            onOrder(new AgentCommand.QuerySource(order.id(), order.spec(), order.epoch()), Map.of());
        } else {
            beginPreCopy(order, 1);
        }
    }

    private ActorRef<PreCopyCommand> beginPreCopy(AgentCommand.StartPreCopy order, int attempt) {
        ActorRef<PreCopyCommand> begun = spawn(
                "precopy-" + attempt + "-",
                new SessionName(Side.SOURCE, order.id()),
                order.spec(),
                order.epoch(),
                PreCopySource.create(
                        order,
                        attempt,
                        environment,
                        window,
                        outgoing,
                        getContext().getSelf()));
        precopies.put(order.id(), begun);
        return begun;
    }

    /** Whoever waits for its end waits on. */
    private void onPreCopyAnew(AgentCommand.PreCopyAnew anew) {
        String id = anew.order().id();
        if (precopies.containsKey(id)) {
            ActorRef<PreCopyCommand> begun = beginPreCopy(anew.order(), anew.attempt());
            if (cutovers.containsKey(id)) {
                begun.tell(new PreCopyCommand.Finish());
            }
        }
    }

    private void stopPreCopy(String id, String why) {
        ActorRef<PreCopyCommand> running = precopies.get(id);
        if (running != null) {
            running.tell(new PreCopyCommand.Stop(new Refusal(RefusalCode.INVALID, why)));
        }
    }

    private void onPreCopyDone(AgentCommand.PreCopyDone done) {
        precopies.remove(done.id());
        AgentCommand.StartCutover order = cutovers.remove(done.id());
        if (order != null) {
            onOrder(order, done.sent());
        } else {
            outgoing.end(done.id());
        }
    }

    private void onStartCutover(AgentCommand.StartCutover order) {
        ActorRef<PreCopyCommand> running = precopies.get(order.id());
        if (running == null) {
            onOrder(order, Map.of());
        } else if (cutovers.putIfAbsent(order.id(), order) == null) {
            takeTurn(order);
            running.tell(new PreCopyCommand.Finish());
        }
    }

    /** It has one already, unless it cannot wait or nobody has told it to. */
    private void takeTurn(AgentCommand.StartCutover order) {
        environment.turns().taken(outgoing.take(order.chunks().path().address(), order.id()));
    }

    /** An order to cut over comes before any question about it: without one there will be no cut. */
    private void onQuerySource(AgentCommand.QuerySource order) {
        if (!precopies.containsKey(order.id())) {
            onOrder(order, Map.of());
        } else if (!cutovers.containsKey(order.id())) {
            decide(new AgentInput.NeverTakesPart(new SessionName(Side.SOURCE, order.id())));
            stopPreCopy(order.id(), "the order to cut over was lost");
        }
    }

    // ---- what the machine decides

    /** {@code sent} is what a pre-copy has sent before a cut-over begins. */
    private void onOrder(AgentCommand.VmOrder order, Map<VnicId, Precopied> sent) {
        AgentInput input = new AgentInput.Ordered(order.vm(), PlacementOrders.order(host.host(), order));
        decide(input).forEach(what -> {
            if (what instanceof AgentOrder.Begin(SessionName session)) {
                begin(session, order, sent);
            } else {
                run(what, order.spec());
            }
        });
    }

    private void onHostAnswered(AgentCommand.HostAnswered answered) {
        decide(answered.answer()).forEach(what -> run(what, answered.spec()));
    }

    private void onSessionEnded(AgentCommand.SessionEnded over) {
        switch (over.session().side()) {
            case SOURCE -> {
                sources.remove(over.session().id());
                precopies.remove(over.session().id());
                cutovers.remove(over.session().id());
                outgoing.end(over.session().id());
            }
            case TARGET -> {
                targets.remove(over.session().id());
                incoming.end(over.session().id());
            }
        }
        decide(new AgentInput.SessionEnded(over.session(), over.last()));
    }

    /** One that has ended as it should is not known here any more. */
    private void onSessionGone(AgentCommand.SessionGone gone) {
        SessionName session = gone.session();
        boolean isTarget = targets.remove(session.id(), gone.actor());
        boolean isPreCopy = precopies.remove(session.id(), gone.actor());
        boolean isSource = sources.remove(session.id(), gone.actor()) || isPreCopy;
        if (!isTarget && !isSource) {
            return;
        }
        cutovers.remove(session.id());
        (isTarget ? incoming : outgoing).end(session.id());
        getContext()
                .getLog()
                .error(
                        "migration {}: the {}'s part ended by a mistake of the program",
                        session.id(),
                        isTarget ? "destination" : "source");
        decide(new AgentInput.SessionDied(gone.spec().vm(), session, gone.epoch()))
                .forEach(what -> run(what, gone.spec()));
    }

    private List<AgentOrder> decide(AgentInput input) {
        Transition<AgentState, AgentOrder> transition = AgentMachine.decide(state, input);
        state = transition.state();
        return transition.orders();
    }

    private void run(AgentOrder order, VmSpec spec) {
        switch (order) {
            case AgentOrder.Begin begin -> throw new IllegalStateException("no order of a placement: " + begin);
            case AgentOrder.TellSource(String id, SourceInput input) -> {
                ActorRef<SourceCommand> session = sources.get(id);
                if (session != null) {
                    session.tell(new SourceCommand.Local(input));
                }
            }
            case AgentOrder.TellTarget(String id, TargetInput input) -> {
                ActorRef<TargetCommand> session = targets.get(id);
                if (session != null) {
                    session.tell(new TargetCommand.Local(input));
                }
            }
            case AgentOrder.Do(HostWork work) -> work(work, spec);
            case AgentOrder.Look(SessionName session, long epoch) -> look(session, epoch, spec);
            case AgentOrder.Report(PlacementInput report) ->
                tellPlacement(spec.vm(), HostReports.message(host.host(), report));
        }
    }

    private void begin(SessionName session, AgentCommand.VmOrder order, Map<VnicId, Precopied> sent) {
        ActorRef<AgentCommand> self = getContext().getSelf();
        switch (order) {
            case AgentCommand.StartCutover start -> {
                takeTurn(start);
                sources.put(
                        session.id(),
                        spawn(
                                "source-",
                                session,
                                start.spec(),
                                start.epoch(),
                                SourceSession.create(
                                        start, sent, environment, () -> outgoing.end(session.id()), self)));
            }
            case AgentCommand.PrepareTarget prepare ->
                targets.put(
                        session.id(),
                        spawn(
                                "target-",
                                session,
                                prepare.spec(),
                                prepare.epoch(),
                                TargetSession.create(prepare, environment, incoming, self)));
            case AgentCommand.AttachVm _,
                    AgentCommand.DetachVm _,
                    AgentCommand.QueryTarget _,
                    AgentCommand.AbortTarget _,
                    AgentCommand.StartPreCopy _,
                    AgentCommand.QuerySource _,
                    AgentCommand.ReclaimSource _,
                    AgentCommand.ReleaseSource _ -> throw new IllegalStateException("no session begins with " + order);
        }
    }

    /** With word of its end, whatever that is: a session that a bug stops says nothing. */
    private <M> ActorRef<M> spawn(String kind, SessionName session, VmSpec spec, long epoch, Behavior<M> behavior) {
        ActorRef<M> actor =
                getContext().spawn(behavior, kind + URLEncoder.encode(session.id(), StandardCharsets.UTF_8));
        getContext().watchWith(actor, new AgentCommand.SessionGone(session, spec, epoch, actor));
        return actor;
    }

    private void work(HostWork work, VmSpec spec) {
        CompletionStage<?> done = switch (work) {
            case HostWork.Attach w ->
                w.takenFrom() == null && w.replica() == null
                        ? host.attach(spec, w.epoch())
                        : host.takeOver(spec, w.epoch(), w.replica());
            case HostWork.GiveUp w -> giveUp(spec, w.attach().epoch());
            case HostWork.Detach w -> host.detach(spec, w.epoch());
            case HostWork.Clear w -> clear(spec, w.epoch());
            case HostWork.Reclaim w -> host.reclaim(spec, w.epoch());
            case HostWork.Release w -> host.release(spec, w.epoch(), w.movedTo(), w.targetEpoch());
        };
        getContext()
                .pipeToSelf(
                        done,
                        (result, failure) -> new AgentCommand.HostAnswered(
                                spec,
                                new AgentInput.WorkDone(
                                        spec.vm(),
                                        work,
                                        refusal(work, spec, failure),
                                        result instanceof Restored restored ? restored : null)));
    }

    /** What is here under that epoch is not taken from its VM because an order came late. */
    private CompletionStage<Void> giveUp(VmSpec spec, long epoch) {
        return host.statuses(spec).thenCompose(found -> {
            if (found.stream().anyMatch(status -> status.epoch() == epoch && isOrWasEnforced(status.mode()))) {
                throw new HostRefusal(RefusalCode.WRONG_STATE, spec.vm() + " is here under epoch " + epoch);
            }
            return host.detach(spec, epoch);
        });
    }

    private static boolean isOrWasEnforced(VnicMode mode) {
        return switch (mode) {
            case ENFORCING, CUTTING, SEALED -> true;
            case PASSIVE, HOLDING -> false;
        };
    }

    /** A session that is gone may have told vNICs to enforce by themselves: fails if one does. */
    private CompletionStage<Void> clear(VmSpec spec, long epoch) {
        return host.statuses(spec)
                .thenCompose(found -> {
                    CompletionStage<Boolean> any = CompletableFuture.completedFuture(false);
                    for (VnicStatus status : found) {
                        any = any.thenCombine(
                                host.disarm(status.vnic(), epoch), (before, enforces) -> before || enforces);
                    }
                    return any;
                })
                .thenCompose(enforces -> {
                    if (enforces) {
                        throw new HostRefusal(RefusalCode.WRONG_STATE, spec.vm() + " enforces here meanwhile");
                    }
                    return host.clear(spec, epoch);
                });
    }

    private @Nullable Refusal refusal(HostWork work, VmSpec spec, @Nullable Throwable failure) {
        if (failure == null) {
            return null;
        }
        Refusal refusal = HostRefusal.of(failure);
        getContext().getLog().warn("VM {}: {} failed: {}", spec.vm(), work, refusal.message());
        return refusal;
    }

    private void look(SessionName session, long epoch, VmSpec spec) {
        getContext()
                .pipeToSelf(
                        host.statuses(spec),
                        (found, failure) -> new AgentCommand.HostAnswered(
                                spec,
                                new AgentInput.LookedAt(
                                        spec.vm(),
                                        spec.vnics().size(),
                                        session,
                                        epoch,
                                        failure == null ? found : null)));
    }

    private void tellPlacement(VmId vm, PlacementCommand.HostReport report) {
        environment.placements().apply(vm).tell(report);
    }
}
