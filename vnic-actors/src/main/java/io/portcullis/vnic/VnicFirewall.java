package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;

/**
 * The firewall of one vNIC on one host: the owner of what the host's data path does for it. The data path is the truth and outlives
 * the actor; a new incarnation adopts what it finds there, and no stop or failure of the actor ends enforcement.
 *
 * <pre>
 * UNATTACHED ──Attach──▶ PASSIVE ──Activate──▶ ENFORCING ──CutOver──▶ CUTTING_OVER ──(drained)──▶ SEALED
 *     ▲                     │                    ▲  │                      │                        │
 *     │                     │                    └──┼──── Reclaim(e+2) ────┴────────────────────────┤
 *     └── Detach, any ──────┴───────────────────────┘              RELEASED ◀── Release(e), any ────┘
 * </pre>
 *
 * PASSIVE + ImportTable stays PASSIVE; a CutOver that fails before the seal goes back to ENFORCING by itself. RELEASED answers
 * {@link FirewallReply.Moved}, until an Attach with a higher epoch than the released one.
 *
 * <p>Every command that changes something names an epoch, and one below the firewall's own is refused here, and once more by the data
 * path. Activate waits until rules of at least its minimum revision are in force, or is refused.
 *
 * <p>One that enforces, has nothing under way and was asked nothing for {@link #REST_AFTER} stops, since it knows nothing then that the data path
 * does not: of many vNICs most are idle, and an actor takes more memory than all else of an idle vNIC. The next command starts it again.
 */
public final class VnicFirewall extends AbstractBehavior<FirewallCommand> {
    public static final EntityTypeKey<FirewallCommand> TYPE_KEY =
            EntityTypeKey.create(FirewallCommand.class, "vnic-firewall");

    /** Commands that wait while the actor adopts, attaches or releases; more are refused, and counted. */
    static final int STASH_CAPACITY = 1_000;

    static final Duration REST_AFTER = Duration.ofSeconds(30);

    private static final Duration TOMBSTONE_TTL = Duration.ofMinutes(10);

    private final FirewallEnvironment environment;
    private final DataPath dataPath;
    private final VnicId vnic;
    private final ActorRef<ClusterSharding.ShardCommand> shard;
    private final StashBuffer<FirewallCommand> stash;
    private final TimerScheduler<FirewallCommand> timers;
    private final HandoverNote notes;
    private final EpochFence fence;
    private final FirewallOutcomes outcomes;
    private final FirewallLooks looks;
    private final WaitingActivations waiting = new WaitingActivations();

    private long policyRevision;
    private @Nullable Told lastTold;

    /** While the actor adopts, attaches or releases. */
    private boolean unsettled = true;
    /** The shard was asked to stop it; what came before is answered still. */
    private boolean isResting;

    private boolean isStopping;

    /** What of a vNIC's status matters to its host's agent. */
    private record Told(
            VnicMode mode, long epoch, long policyRevision, String rulesHash, long shadowRevision, String shadowHash) {
        static Told of(VnicStatus status) {
            return new Told(
                    status.mode(),
                    status.epoch(),
                    status.policyRevision(),
                    status.rulesHash(),
                    status.shadowRevision(),
                    status.shadowHash());
        }
    }

    /** {@code host|tenant/vm/vnic}. */
    public static String entityId(HostId host, VnicId vnic) {
        return host + "|" + vnic;
    }

    /**
     * A firewall.
     *
     * @param shard told when the entity is of no use any more
     */
    public static Behavior<FirewallCommand> create(
            VnicId vnic, FirewallEnvironment environment, ActorRef<ClusterSharding.ShardCommand> shard) {
        Behavior<FirewallCommand> firewall =
                Behaviors.setup(context -> Behaviors.withTimers(timers -> Behaviors.withStash(
                        STASH_CAPACITY, stash -> new VnicFirewall(context, vnic, environment, shard, stash, timers))));
        return Behaviors.supervise(firewall).onFailure(SupervisorStrategy.restart());
    }

    private VnicFirewall(
            ActorContext<FirewallCommand> context,
            VnicId vnic,
            FirewallEnvironment environment,
            ActorRef<ClusterSharding.ShardCommand> shard,
            StashBuffer<FirewallCommand> stash,
            TimerScheduler<FirewallCommand> timers) {
        super(context);
        context.setLoggerName(VnicFirewall.class);
        this.vnic = vnic;
        this.environment = environment;
        this.dataPath = environment.dataPath();
        this.shard = shard;
        this.fence = new EpochFence(environment.host(), vnic);
        this.outcomes = new FirewallOutcomes(context, environment.host());
        this.looks = new FirewallLooks(environment, vnic, fence, outcomes);
        this.notes = new HandoverNote(vnic, environment.notes(), environment.blocking());
        this.stash = stash;
        this.timers = timers;
        context.setReceiveTimeout(REST_AFTER, new FirewallCommand.Idle());
        context.pipeToSelf(
                dataPath.status(vnic),
                (status, failure) -> new FirewallCommand.Adopted(failure == null ? status : null));
    }

    @Override
    public Receive<FirewallCommand> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<FirewallCommand> onCommand(FirewallCommand command) {
        return switch (command) {
            case FirewallCommand.Request request -> onRequest(request);
            case FirewallCommand.Adopted adopted -> onAdopted(adopted);
            case FirewallCommand.Done done -> onDone(done);
            case FirewallCommand.Settled settled -> onSettled(settled);
            case FirewallCommand.RulesOverdue overdue -> onRulesOverdue(overdue);
            case FirewallCommand.TombstoneOverdue _ -> onTombstoneOverdue();
            case FirewallCommand.Idle _ -> onIdle();
            case FirewallCommand.Stop _ -> onStop();
        };
    }

    private Behavior<FirewallCommand> onRequest(FirewallCommand.Request request) {
        if (unsettled) {
            if (stash.isFull()) {
                refuseBusy(request);
            } else {
                stash.stash(request);
            }
            return this;
        }
        switch (request) {
            case FirewallCommand.Attach attach -> onAttach(attach);
            case FirewallCommand.InstallRules install ->
                outcomes.pipeStatus(
                        dataPath.installRules(vnic, fence.epoch(), install.revision(), install.rules()), install);
            case FirewallCommand.LearnAddresses learn ->
                outcomes.pipeStatus(dataPath.learnAddresses(vnic, learn.known(), learn.forgetOthers()), learn);
            case FirewallCommand.Look look -> looks.answer(look);
            case FirewallCommand.InstallShadow install ->
                outcomes.pipeStatus(
                        dataPath.installShadow(vnic, fence.epoch(), install.revision(), install.rules()), install);
            case FirewallCommand.PrepareCutover prepare -> onPrepareCutover(prepare);
            case FirewallCommand.CutOver cutOver -> onCutOver(cutOver);
            case FirewallCommand.Transfer transfer -> onTransfer(transfer);
            case FirewallCommand.RestoreTable load -> onRestoreTable(load);
            case FirewallCommand.Activate activate -> onActivate(activate);
            case FirewallCommand.Reclaim reclaim -> takeBack(reclaim, reclaim.newEpoch(), dataPath::reclaim);
            case FirewallCommand.AskBack ask -> takeBack(ask, ask.newEpoch(), dataPath::askBack);
            case FirewallCommand.Release release ->
                onLeave(
                        release.epoch(),
                        new FirewallReply.Moved(vnic, release.movedTo(), release.movedEpoch()),
                        release.replyTo());
            case FirewallCommand.Detach detach -> onLeave(detach.epoch(), null, detach.replyTo());
        }
        return this;
    }

    /** As one that does not answer: who asks again may be lucky. */
    private void refuseBusy(FirewallCommand.Request request) {
        environment.counters().refusedBusy();
        request.replyTo()
                .tell(new Refused(
                        RefusalCode.TIMEOUT,
                        vnic + " is being attached or released, and " + STASH_CAPACITY
                                + " commands wait for that already (VnicFirewall.STASH_CAPACITY)"));
    }

    // ---- attaching and leaving

    private void onAttach(FirewallCommand.Attach attach) {
        FirewallReply refusal = fence.whyNotAttach(attach.epoch());
        if (refusal != null) {
            attach.replyTo().tell(refusal);
            return;
        }
        fence.attaching(attach.epoch());
        CompletionStage<VnicStatus> attached =
                dataPath.attach(attach.spec().attachment(attach.epoch(), environment.maxConnections()));
        CompletionStage<VnicStatus> wanted = attach.enforce()
                ? attached.thenCompose(
                        status -> status.mode() == VnicMode.PASSIVE ? activated(attach.epoch()) : dataPath.status(vnic))
                : attached;
        // Until it is settled other requests wait: the data path may be opening or closing the port meanwhile.
        unsettled = true;
        outcomes.pipeSettled(
                wanted.thenApply(status -> outcomes.done(status, attach.replyTo())), false, attach.replyTo());
    }

    private CompletionStage<VnicStatus> activated(long newEpoch) {
        return dataPath.activate(vnic, newEpoch, 0).thenCompose(_ -> dataPath.status(vnic));
    }

    private void onLeave(long leavingEpoch, FirewallReply.@Nullable Moved moved, ActorRef<FirewallReply> replyTo) {
        Refused refusal = fence.whyNotLeave(leavingEpoch);
        if (refusal != null) {
            replyTo.tell(refusal);
            return;
        }
        fence.leaving(leavingEpoch, moved);
        FirewallReply reply = new FirewallReply.Released(vnic, leavingEpoch);
        CompletionStage<FirewallCommand.Done> gone = dataPath.release(vnic, leavingEpoch)
                .handle((_, failure) -> {
                    boolean isGone = failure == null || DataPathFailures.isUnknown(failure);
                    return new FirewallCommand.Done(null, isGone ? reply : DataPathFailures.refusal(failure), replyTo);
                });
        unsettled = true;
        outcomes.pipeSettled(gone, true, replyTo);
    }

    private Behavior<FirewallCommand> onSettled(FirewallCommand.Settled settled) {
        outcomes.heard();
        unsettled = false;
        if (settled.gone()) {
            fence.left();
            policyRevision = 0;
            lastTold = null;
            waiting.takeAll().forEach(activate -> activate.replyTo().tell(fence.stale(activate.epoch())));
            timers.startSingleTimer(new FirewallCommand.TombstoneOverdue(), TOMBSTONE_TTL);
        } else if (settled.done().status() != null) {
            fence.attached();
            timers.cancel(new FirewallCommand.TombstoneOverdue());
        }
        take(settled.done());
        return stash.unstashAll(sameOrStopped());
    }

    private Behavior<FirewallCommand> onTombstoneOverdue() {
        if (fence.isReleased() && !unsettled) {
            shard.tell(new ClusterSharding.Passivate<>(getContext().getSelf()));
        }
        return this;
    }

    private Behavior<FirewallCommand> onIdle() {
        boolean enforces = lastTold != null
                && lastTold.mode() == VnicMode.ENFORCING
                && lastTold.epoch() == fence.epoch()
                && !fence.isReleased();
        if (enforces && isAtRest() && !isResting) {
            isResting = true;
            shard.tell(new ClusterSharding.Passivate<>(getContext().getSelf()));
        }
        return this;
    }

    /** Whether nobody waits for anything. */
    private boolean isAtRest() {
        return !unsettled && waiting.isEmpty() && !outcomes.arePending();
    }

    private Behavior<FirewallCommand> onStop() {
        // a command may have come before the shard kept those that follow for the next incarnation
        isStopping = isResting && !isAtRest();
        return isStopping ? this : Behaviors.stopped();
    }

    private Behavior<FirewallCommand> sameOrStopped() {
        return isStopping && isAtRest() ? Behaviors.stopped() : this;
    }

    private Behavior<FirewallCommand> onAdopted(FirewallCommand.Adopted adopted) {
        unsettled = false;
        VnicStatus status = adopted.status();
        if (status != null) {
            learn(status);
            getContext().getLog().debug("{} adopts {} at epoch {}", vnic, status.mode(), status.epoch());
        }
        return stash.unstashAll(this);
    }

    // ---- enforcing

    private void onActivate(FirewallCommand.Activate activate) {
        if (isRefused(activate.epoch(), activate.replyTo())) {
            return;
        }
        if (policyRevision >= activate.minimumRevision()) {
            activate(activate);
        } else if (waiting.add(activate)) {
            getContext()
                    .scheduleOnce(
                            environment.rulesTimeout(),
                            getContext().getSelf(),
                            new FirewallCommand.RulesOverdue(activate));
        } else {
            activate.replyTo().tell(new Refused(RefusalCode.CAPACITY, "too many activations of " + vnic + " wait"));
        }
    }

    private void activate(FirewallCommand.Activate activate) {
        var report = dataPath.activate(vnic, activate.epoch(), activate.forwardedFrames());
        outcomes.pipe(
                report.thenCompose(activation -> dataPath.status(vnic)
                        .thenApply(status -> new FirewallCommand.Done(
                                status, new FirewallReply.Activated(vnic, activation, status), activate.replyTo()))),
                activate.replyTo());
    }

    private Behavior<FirewallCommand> onRulesOverdue(FirewallCommand.RulesOverdue overdue) {
        FirewallCommand.Activate activate = overdue.activate();
        if (waiting.remove(activate)) {
            activate.replyTo()
                    .tell(new Refused(
                            RefusalCode.TIMEOUT,
                            vnic + " has rules of revision " + policyRevision + " and must not enforce below "
                                    + activate.minimumRevision()));
        }
        return sameOrStopped();
    }

    private void takeBack(
            FirewallCommand.Request order,
            long newEpoch,
            BiFunction<VnicId, Long, CompletionStage<VnicStatus>> reclaim) {
        FirewallReply refusal = fence.whyNotReclaim(newEpoch);
        if (refusal != null) {
            order.replyTo().tell(refusal);
            return;
        }
        // The note on the hand-over stays until there is a checkpoint of the new epoch: that on disk is of the old one.
        // It is written again where a cut that failed has closed it. After a restart of the host a source is attached
        // PASSIVE until its placement decides.
        CompletionStage<VnicStatus> reclaimed = dataPath.status(vnic).thenCompose(status -> {
            if (!EpochFence.mayReclaim(status, newEpoch)) {
                throw new DataPathException(
                        DataPathException.Reason.STALE_EPOCH,
                        vnic + " was handed over under epoch " + status.epoch() + " and does not come back under "
                                + newEpoch);
            }
            if (status.mode() == VnicMode.PASSIVE) {
                return activated(newEpoch);
            }
            CompletionStage<Void> noted =
                    status.epoch() < newEpoch ? notes.opened(status.epoch()) : CompletableFuture.completedFuture(null);
            return noted.thenCompose(_ -> reclaim.apply(vnic, newEpoch));
        });
        outcomes.pipeStatus(reclaimed, order);
    }

    // ---- the cut-over

    private void onPrepareCutover(FirewallCommand.PrepareCutover prepare) {
        if (!isRefused(prepare.epoch(), prepare.replyTo())) {
            outcomes.pipe(
                    dataPath.expectCutover(vnic, prepare.epoch()),
                    target -> new FirewallReply.CutoverReady(vnic, target),
                    prepare);
        }
    }

    private void onCutOver(FirewallCommand.CutOver cutOver) {
        if (!isRefused(cutOver.epoch(), cutOver.replyTo())) {
            outcomes.pipe(
                    notes.opened(cutOver.epoch())
                            .thenCompose(_ -> dataPath.cutOver(vnic, cutOver.epoch(), cutOver.target()))
                            .whenComplete((_, failure) -> {
                                if (failure != null) {
                                    dataPath.status(vnic).thenAccept(notes::takeBackIfEnforcing);
                                }
                            }),
                    handedOver -> new FirewallReply.Sealed(vnic, handedOver),
                    cutOver);
        }
    }

    private void onTransfer(FirewallCommand.Transfer transfer) {
        if (isRefused(transfer.epoch(), transfer.replyTo())) {
            return;
        }
        long epoch = transfer.epoch();
        switch (transfer) {
            case FirewallCommand.ExportNext next ->
                outcomes.pipe(
                        dataPath.exportNext(vnic, epoch, next.isFirst(), next.chunkVersion()),
                        batch -> new FirewallReply.Exported(vnic, batch),
                        next);
            case FirewallCommand.EndExport end -> outcomes.pipeStatus(dataPath.endExport(vnic, epoch), end);
            case FirewallCommand.ImportNext next ->
                outcomes.pipe(
                        dataPath.importNext(vnic, epoch, next.sequence(), next.chunk()),
                        here -> new FirewallReply.ChunkTaken(vnic, next.sequence(), here),
                        next);
            case FirewallCommand.Arm arm ->
                outcomes.pipe(
                        dataPath.arm(vnic, epoch, arm.group(), arm.size())
                                .thenCompose(activation -> dataPath.status(vnic)
                                        .thenApply(status -> new FirewallCommand.Done(
                                                status,
                                                new FirewallReply.SelfActivated(vnic, activation),
                                                arm.replyTo()))),
                        arm.replyTo());
            case FirewallCommand.Disarm disarm -> {
                waiting.takeAll()
                        .forEach(activate -> activate.replyTo()
                                .tell(new Refused(RefusalCode.WRONG_STATE, vnic + " was told to wait for orders")));
                outcomes.pipe(
                        dataPath.disarm(vnic, epoch), enforces -> new FirewallReply.Disarmed(vnic, enforces), disarm);
            }
            case FirewallCommand.ImportTable load ->
                outcomes.pipeStatus(dataPath.importTable(vnic, epoch, load.firstSequence(), load.rest()), load);
        }
    }

    private void onRestoreTable(FirewallCommand.RestoreTable load) {
        if (!isRefused(load.epoch(), load.replyTo())) {
            outcomes.pipeStatus(dataPath.restoreTable(vnic, load.epoch(), load.table()), load);
        }
    }

    // ---- commands of the data path and their outcome

    private Behavior<FirewallCommand> onDone(FirewallCommand.Done done) {
        outcomes.heard();
        take(done);
        return sameOrStopped();
    }

    private void take(FirewallCommand.Done done) {
        if (done.status() != null) {
            learn(done.status());
        }
        FirewallReply.tell(
                done.replyTo(), done.reply(), Parcels.get(getContext().getSystem()));
    }

    private void learn(VnicStatus status) {
        fence.learn(status.epoch());
        policyRevision = Math.max(policyRevision, status.policyRevision());
        tell(status);
        for (FirewallCommand.Activate activate : waiting.takeReady(policyRevision)) {
            if (!isRefused(activate.epoch(), activate.replyTo())) {
                activate(activate);
            }
        }
    }

    /** Tells the host's agent if it matters to it. */
    private void tell(VnicStatus status) {
        Told now = Told.of(status);
        if (!now.equals(lastTold)) {
            lastTold = now;
            environment.onChange().accept(status);
        }
    }

    /** Refuses what does not name the very epoch that is in force here. */
    private boolean isRefused(long commandEpoch, ActorRef<FirewallReply> replyTo) {
        FirewallReply refusal = fence.whyNot(commandEpoch);
        if (refusal != null) {
            replyTo.tell(refusal);
        }
        return refusal != null;
    }
}
