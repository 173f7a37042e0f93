package io.portcullis.migration;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.AgentCommand.Side;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SourceInput;
import io.portcullis.migration.model.TargetInput;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.parcel.Parcels;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * Does on one host what the placements of VMs order: attach, detach, and the host's part of each migration, for which it runs a
 * {@link TargetSession}, or a {@link PreCopySource} and then a {@link SourceSession}.
 *
 * <p>Orders are repeated until their report arrives, so they find one of three: a session, which reports again; a session that
 * has ended, whose last report is kept for a while; or nothing, because the order is the first or the node was restarted. In
 * the last case the vNICs themselves say what is true, and what they do not say is not promised.
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
    private final Map<String, PlacementCommand.HostReport> ended;

    /** Migrations that this host was asked about before it heard of them: it never takes part. */
    private final Set<String> sworn;

    /** Orders that the host is working on; a repetition changes nothing. */
    private final Set<String> busy = new HashSet<>();

    public static Behavior<AgentCommand> create(AgentEnvironment environment) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(
                    new AgentCommand.LookForSealed(), environment.settings().wakeInterval());
            return new MigrationAgent(context, environment);
        }));
    }

    private MigrationAgent(ActorContext<AgentCommand> context, AgentEnvironment environment) {
        super(context);
        context.setLoggerName(MigrationAgent.class);
        this.environment = environment;
        this.host = environment.host();
        this.window = new BulkWindow(environment.settings().preCopy().window());
        int limit = environment.settings().maxEndedSessions();
        this.ended = bounded(limit);
        this.sworn = Collections.newSetFromMap(bounded(limit));
    }

    /** Forgets the oldest beyond the limit. */
    private static <V> Map<String, V> bounded(int limit) {
        return new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > limit;
            }
        };
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
            case AgentCommand.AttachVm order -> onAttach(order);
            case AgentCommand.DetachVm order ->
                work(
                        "detach " + order.vm() + " in epoch " + order.epoch(),
                        order.vm(),
                        () -> host.detach(order.spec(), order.epoch()),
                        failure ->
                                failure == null ? new PlacementCommand.DetachReport(host.host(), order.epoch()) : null);
            case AgentCommand.PrepareTarget order -> onPrepare(order);
            case AgentCommand.StartPreCopy order -> onStartPreCopy(order);
            case AgentCommand.StopPreCopy order -> stopPreCopy(order.id(), "the placement gave up");
            case AgentCommand.PreCopyDone done -> onPreCopyDone(done);
            case AgentCommand.StartCutover order -> onStartCutover(order);
            case AgentCommand.QueryTarget order ->
                target(
                        order.id(),
                        order.vm(),
                        session -> session.tell(new TargetCommand.Local(new TargetInput.Report())),
                        () -> look(Side.TARGET, order.id(), order.spec(), order.epoch()));
            case AgentCommand.AbortTarget order ->
                target(
                        order.id(),
                        order.vm(),
                        session -> session.tell(new TargetCommand.Abort("the placement gave up", order.mayBeCut())),
                        () -> look(Side.TARGET, order.id(), order.spec(), order.epoch()));
            case AgentCommand.QuerySource order -> onQuerySource(order);
            case AgentCommand.ReclaimSource order -> onReclaim(order);
            case AgentCommand.ReleaseSource order -> onRelease(order);
            case AgentCommand.SessionEnded over -> onSessionEnded(over);
            case AgentCommand.Done done -> onDone(done);
            case AgentCommand.LookedAt looked -> onLookedAt(looked);
            case AgentCommand.LookForSealed look -> lookForSealed();
            case AgentCommand.SealedFound found -> onSealedFound(found);
        }
        return this;
    }

    // ---- without a session

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
        host.setDraining(set.draining())
                .whenComplete((done, failure) -> set.replyTo()
                        .tell(new AgentCommand.DrainingSet(
                                set.draining(), failure == null ? null : HostRefusal.of(failure))));
    }

    private void onAttach(AgentCommand.AttachVm order) {
        work(
                "attach " + order.vm() + " in epoch " + order.epoch(),
                order.vm(),
                () -> host.attach(order.spec(), order.epoch()),
                failure -> {
                    Refusal refusal = failure == null ? null : HostRefusal.of(failure);
                    // Without an answer in time the VM may be attached: the placement's limit ends that, not a promise.
                    return refusal != null && refusal.code() == RefusalCode.TIMEOUT
                            ? null
                            : new PlacementCommand.AttachReport(host.host(), order.epoch(), refusal);
                });
    }

    /** Does something that is reported when it is done; {@code report} gets the failure or null, and may say nothing. */
    private void work(
            String name,
            VmId vm,
            Supplier<CompletionStage<?>> action,
            Function<@Nullable Throwable, PlacementCommand.@Nullable HostReport> report) {
        if (busy.add(name)) {
            getContext().pipeToSelf(action.get(), (done, failure) -> {
                if (failure != null) {
                    getContext()
                            .getLog()
                            .warn("{} failed: {}", name, HostRefusal.of(failure).message());
                }
                return new AgentCommand.Done(name, vm, report.apply(failure));
            });
        }
    }

    private void onDone(AgentCommand.Done done) {
        busy.remove(done.work());
        if (done.report() != null) {
            tellPlacement(done.vm(), done.report());
        }
    }

    // ---- as destination

    private void onPrepare(AgentCommand.PrepareTarget order) {
        target(
                order.id(),
                order.vm(),
                session -> session.tell(new TargetCommand.Local(new TargetInput.Report())),
                () -> {
                    if (hasSworn(Side.TARGET, order.id())) {
                        look(Side.TARGET, order.id(), order.spec(), order.epoch());
                    } else {
                        begin(
                                targets,
                                Side.TARGET,
                                order.id(),
                                TargetSession.create(
                                        order, environment, getContext().getSelf()));
                    }
                });
    }

    private void target(String id, VmId vm, Consumer<ActorRef<TargetCommand>> running, Runnable unknown) {
        reach(targets, Side.TARGET, id, vm, running, unknown);
    }

    // ---- as source

    private void onStartPreCopy(AgentCommand.StartPreCopy order) {
        ActorRef<PreCopyCommand> running = precopies.get(order.id());
        if (running != null) {
            running.tell(new PreCopyCommand.Report());
            return;
        }
        source(order.id(), order.vm(), session -> {}, () -> {
            if (hasSworn(Side.SOURCE, order.id())) {
                look(Side.SOURCE, order.id(), order.spec(), order.epoch());
            } else {
                String name = "precopy-" + URLEncoder.encode(order.id(), StandardCharsets.UTF_8);
                precopies.put(
                        order.id(),
                        getContext()
                                .spawn(
                                        PreCopySource.create(
                                                order,
                                                environment,
                                                window,
                                                getContext().getSelf()),
                                        name));
            }
        });
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
        if (order != null && !hasSworn(Side.SOURCE, done.id())) {
            beginSource(order, done.sent());
        }
    }

    private void beginSource(AgentCommand.StartCutover order, Map<VnicId, Precopied> sent) {
        begin(
                sources,
                Side.SOURCE,
                order.id(),
                SourceSession.create(order, sent, environment, getContext().getSelf()));
    }

    /** An order to cut over comes before any question about it: without one there will be no cut. */
    private void onQuerySource(AgentCommand.QuerySource order) {
        if (precopies.containsKey(order.id())) {
            if (!cutovers.containsKey(order.id())) {
                sworn.add(key(Side.SOURCE, order.id()));
                stopPreCopy(order.id(), "the order to cut over was lost");
            }
            return;
        }
        source(
                order.id(),
                order.vm(),
                session -> session.tell(new SourceCommand.Local(new SourceInput.Report())),
                () -> look(Side.SOURCE, order.id(), order.spec(), order.epoch()));
    }

    private void onStartCutover(AgentCommand.StartCutover order) {
        ActorRef<PreCopyCommand> running = precopies.get(order.id());
        if (running != null) {
            if (cutovers.putIfAbsent(order.id(), order) == null) {
                running.tell(new PreCopyCommand.Finish());
            }
            return;
        }
        source(
                order.id(),
                order.vm(),
                session -> session.tell(new SourceCommand.Local(new SourceInput.Report())),
                () -> {
                    if (hasSworn(Side.SOURCE, order.id())) {
                        look(Side.SOURCE, order.id(), order.spec(), order.epoch());
                    } else {
                        beginSource(order, Map.of());
                    }
                });
    }

    private void onReclaim(AgentCommand.ReclaimSource order) {
        ActorRef<SourceCommand> session = sources.get(order.id());
        PlacementCommand.HostReport last = ended.get(key(Side.SOURCE, order.id()));
        if (session != null) {
            session.tell(new SourceCommand.Local(new SourceInput.Reclaim()));
        } else if (last instanceof PlacementCommand.SourceReclaimed) {
            tellPlacement(order.vm(), last);
        } else {
            sworn.add(key(Side.SOURCE, order.id()));
            stopPreCopy(order.id(), "the VM stays here");
            work(
                    "reclaim " + order.vm() + " in epoch " + order.reclaimEpoch(),
                    order.vm(),
                    () -> host.reclaim(order.spec(), order.reclaimEpoch()),
                    failure -> failure == null
                            ? new PlacementCommand.SourceReclaimed(
                                    order.id(),
                                    new Refusal(RefusalCode.TIMEOUT, "the placement gave the VM back to its source"))
                            : null);
        }
    }

    private void onRelease(AgentCommand.ReleaseSource order) {
        source(
                order.id(),
                order.vm(),
                session -> session.tell(
                        new SourceCommand.Local(new SourceInput.Release(order.movedTo(), order.targetEpoch()))),
                () -> work(
                        "release " + order.vm() + " in epoch " + order.epoch(),
                        order.vm(),
                        () -> host.release(order.spec(), order.epoch(), order.movedTo(), order.targetEpoch()),
                        failure -> failure == null ? new PlacementCommand.SourceReleased(order.id()) : null));
    }

    private void source(String id, VmId vm, Consumer<ActorRef<SourceCommand>> running, Runnable unknown) {
        reach(sources, Side.SOURCE, id, vm, running, unknown);
    }

    // ---- sessions

    private <C> void begin(Map<String, ActorRef<C>> sessions, Side side, String id, Behavior<C> session) {
        String name = (side == Side.SOURCE ? "source-" : "target-") + URLEncoder.encode(id, StandardCharsets.UTF_8);
        sessions.put(id, getContext().spawn(session, name));
    }

    /** Does {@code running} with the session, repeats the last report of one that has ended, or does {@code unknown}. */
    private <C> void reach(
            Map<String, ActorRef<C>> sessions,
            Side side,
            String id,
            VmId vm,
            Consumer<ActorRef<C>> running,
            Runnable unknown) {
        ActorRef<C> session = sessions.get(id);
        PlacementCommand.HostReport last = ended.get(key(side, id));
        if (session != null) {
            running.accept(session);
        } else if (last != null) {
            tellPlacement(vm, last);
        } else {
            unknown.run();
        }
    }

    private boolean hasSworn(Side side, String id) {
        return sworn.contains(key(side, id));
    }

    private void onSessionEnded(AgentCommand.SessionEnded over) {
        switch (over.side()) {
            case SOURCE -> {
                sources.remove(over.id());
                precopies.remove(over.id());
                cutovers.remove(over.id());
            }
            case TARGET -> targets.remove(over.id());
        }
        ended.put(key(over.side(), over.id()), over.last());
    }

    // ---- asked about a migration that has no session here

    private void look(Side side, String id, VmSpec spec, long epoch) {
        sworn.add(key(side, id));
        if (busy.add("look " + key(side, id))) {
            getContext()
                    .pipeToSelf(
                            host.statuses(spec),
                            (found, failure) ->
                                    new AgentCommand.LookedAt(side, id, spec, epoch, failure == null ? found : null));
        }
    }

    private void onLookedAt(AgentCommand.LookedAt looked) {
        busy.remove("look " + key(looked.side(), looked.id()));
        List<VnicStatus> found = looked.found();
        if (found != null) {
            switch (looked.side()) {
                case SOURCE -> sourceFound(looked, found);
                case TARGET -> targetFound(looked, found);
            }
        }
    }

    /** Says that the source keeps the VM only if every vNIC enforces; sealed ones wait for the order to reclaim or release. */
    private void sourceFound(AgentCommand.LookedAt looked, List<VnicStatus> found) {
        boolean enforces = found.size() == looked.spec().vnics().size()
                && found.stream().allMatch(status -> status.mode() == VnicMode.ENFORCING);
        if (enforces) {
            end(
                    looked,
                    new PlacementCommand.SourceKept(
                            looked.id(),
                            new Refusal(RefusalCode.UNKNOWN, "the source knows nothing of the migration")));
        }
    }

    private void targetFound(AgentCommand.LookedAt looked, List<VnicStatus> found) {
        List<VnicStatus> enforcing = found.stream()
                .filter(status -> status.mode() == VnicMode.ENFORCING && status.epoch() == looked.epoch())
                .toList();
        if (!enforcing.isEmpty()) {
            List<VnicTransfer> unknown = enforcing.stream()
                    .map(status ->
                            new VnicTransfer(status.vnic(), 0, 0, 0, 0, 0, status.policyRevision(), 0, 0, 0, 0, 0))
                    .toList();
            end(
                    looked,
                    new PlacementCommand.TargetActivated(
                            looked.id(),
                            unknown,
                            List.of("host " + host.host()
                                    + " was restarted: what moved is not known, only that it enforces")));
            return;
        }
        PlacementCommand.TargetGaveUp gaveUp = new PlacementCommand.TargetGaveUp(
                looked.id(), new Refusal(RefusalCode.UNKNOWN, "the target knows nothing of the migration"));
        work(
                "clear " + looked.id(),
                looked.spec().vm(),
                () -> disarmAll(looked).thenCompose(enforces -> {
                    if (enforces) {
                        throw new HostRefusal(
                                RefusalCode.WRONG_STATE, looked.spec().vm() + " enforces here meanwhile");
                    }
                    return host.detach(looked.spec(), looked.epoch());
                }),
                failure -> failure == null ? gaveUp : null);
    }

    /** A session that is gone may have told vNICs to enforce by themselves. Whether one does. */
    private CompletionStage<Boolean> disarmAll(AgentCommand.LookedAt looked) {
        CompletionStage<Boolean> any = CompletableFuture.completedFuture(false);
        for (VnicStatus found : Objects.requireNonNull(looked.found())) {
            any = any.thenCombine(host.disarm(found.vnic(), looked.epoch()), (before, enforces) -> before || enforces);
        }
        return any;
    }

    private void lookForSealed() {
        getContext()
                .pipeToSelf(
                        host.sealedVms(),
                        (vms, failure) -> new AgentCommand.SealedFound(failure == null ? vms : List.of()));
    }

    /** A host that was taken for dead may come back with a data path that still waits: the placement says what is to be done. */
    private void onSealedFound(AgentCommand.SealedFound found) {
        found.vms().forEach(spec -> tellPlacement(spec.vm(), new PlacementCommand.SourceWaits("", host.host(), spec)));
    }

    private void end(AgentCommand.LookedAt looked, PlacementCommand.HostReport last) {
        ended.put(key(looked.side(), looked.id()), last);
        tellPlacement(looked.spec().vm(), last);
    }

    private void tellPlacement(VmId vm, PlacementCommand.HostReport report) {
        environment.placements().apply(vm).tell(report);
    }

    private static String key(Side side, String id) {
        return side + " " + id;
    }
}
