package io.portcullis.vnic;

import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicNews;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The agent of one host: admits VMs, attaches and detaches their vNICs as one, brings rule tables to their firewalls, writes
 * checkpoints, and puts everything back after a restart.
 *
 * <pre>
 * (none) ──AttachVm, directory──▶ ATTACHING ──all attached──▶ AWAITING_RULES ──all have rules, or overdue──▶ SETTLING ──▶ ATTACHED
 *                                    │  ▲                                                                     │ (activated)
 *                        port refuses│  │Heal (restored VMs only)                                             │
 *                                    ▼  │                                                                     ▼
 *                                  FAILED                            any ──DetachVm, ReleaseVm──▶ LEAVING ──▶ (none)
 * </pre>
 *
 * A vNIC without rules passes nothing, whatever its phase. {@link HostVms} does these transitions, {@link HostRules} the rules;
 * the agent itself puts back what is missing: every {@link HostTiming#healInterval} rules that differ from those wanted are
 * installed once more, tenants are told what is in force, and their answer is what should be.
 */
public final class HostAgent extends AbstractBehavior<HostCommand> {
    /** Name of the actor under the node's guardian. */
    public static final String NAME = "host-agent";

    /** From when a vNIC begins to enforce until its first checkpoint is begun: those that come together are written together. */
    private static final Duration ARRIVALS_DELAY = Duration.ofMillis(20);
    /**
     * From when a vNIC begins to enforce until the directory is asked, and asked again, whether it is here to stay: a restart before that waits for the
     * directory.
     */
    private static final Duration SETTLE_INTERVAL = Duration.ofMillis(250);
    /** After the last of them; then the next {@link #DIRECTORY_INTERVAL} does. */
    private static final int SETTLE_LOOKS = 40;
    /** Between two looks at everything, only what has changed is looked at. */
    private static final int LOOKS_AT_CHANGES = 14;
    /** How often the directory is compared with what is here. */
    private static final Duration DIRECTORY_INTERVAL = Duration.ofSeconds(30);

    private final HostAgentEnvironment environment;
    private final HostId host;
    private final TimerScheduler<HostCommand> timers;
    private final FirewallAsks firewalls;
    private final ActorRef<Checkpointer.Command> checkpointer;
    private final ActorRef<FlowReviewer.Command> reviewer;
    private final ActorRef<HitKeeper.Command> hits;
    private final HostRules rules;
    private final HostVms vms;

    /** vNICs of VMs that the agent has, but which belonged to another host at the last look, with their epochs here. */
    private final Map<VnicId, Long> suspects = new HashMap<>();

    private boolean recovered;
    /** How often it is looked again whether what came is here to stay. */
    private int settleLooksLeft;
    /** Up to which the agent knows what happened in the data path. */
    private long known = VnicNews.BEGINNING;

    private int looksLeft;

    /** An agent; after a failure of its own it starts again and adopts what the data path has. */
    public static Behavior<HostCommand> create(HostAgentEnvironment environment, Clock clock) {
        Behavior<HostCommand> agent = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new HostAgent(context, environment, clock, timers)));
        return Behaviors.supervise(agent).onFailure(SupervisorStrategy.restart());
    }

    private HostAgent(
            ActorContext<HostCommand> context,
            HostAgentEnvironment environment,
            Clock clock,
            TimerScheduler<HostCommand> timers) {
        super(context);
        context.setLoggerName(HostAgent.class);
        this.environment = environment;
        this.host = environment.host();
        this.timers = timers;
        this.firewalls = new FirewallAsks(context, environment);
        this.checkpointer = context.spawn(
                Checkpointer.create(
                        environment.dataPath(),
                        new CheckpointWriter(
                                environment.dataPath(),
                                environment.checkpoints(),
                                environment.blocking(),
                                clock,
                                environment.limits().maxConnectionsPerVnic(),
                                new CheckpointRate(environment.timing().checkpointBytesPerSecond(), System::nanoTime)),
                        context.getSelf()),
                "checkpointer");
        this.reviewer = context.spawn(FlowReviewer.create(host, firewalls), "flow-reviewer");
        this.hits = context.spawn(HitKeeper.create(environment, clock), "hit-keeper");
        this.rules = new HostRules(context, environment, firewalls);
        this.vms = new HostVms(context, environment, firewalls, rules, checkpointer);
        timers.startTimerWithFixedDelay(
                new HostCommand.Heal(), environment.timing().healInterval());
        timers.startTimerWithFixedDelay(
                new HostCommand.CheckpointTick(), environment.timing().checkpointInterval());
        recover();
    }

    @Override
    public Receive<HostCommand> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onCommand).build();
    }

    private Behavior<HostCommand> onCommand(HostCommand command) {
        switch (command) {
            case HostCommand.AttachVm attach -> vms.onAttachVm(attach);
            case HostCommand.TakeOverVm takeOver -> vms.onTakeOverVm(takeOver);
            case HostCommand.WatchReplicated watch -> vms.onWatchReplicated(watch);
            case HostCommand.TellHeads ask ->
                ask.replyTo().tell(new HostCommand.Heads(vms.heads(ask.vm(), ask.epoch())));
            case HostCommand.CheckAdmission check -> vms.onCheckAdmission(check);
            case HostCommand.DetachVm detach -> {
                rules.discovery().detaching(detach.spec().vnicIds());
                vms.onLeave(detach.spec(), detach.epoch(), detach.hasEnforced(), detach.replyTo(), null);
            }
            case HostCommand.ReleaseVm release ->
                vms.onLeave(release.spec(), release.epoch(), true, release.replyTo(), release);
            case HostCommand.SetDraining set -> vms.onSetDraining(set);
            case HostCommand.GetHost get -> look(get.replyTo());
            case HostCommand.GetEnforced get -> tellEnforced(get);
            case HostCommand.GetStaged get ->
                getContext()
                        .pipeToSelf(
                                environment.dataPath().shadows(get.tenant()),
                                (reports, _) -> new HostCommand.StagedLooked(reports, get.replyTo()));
            case HostCommand.StagedLooked looked -> onStagedLooked(looked);
            case HostCommand.GetHits get -> hits.tell(new HitKeeper.Asked(get));
            case HostCommand.ForgetHits forget -> hits.tell(new HitKeeper.Forget(forget.tenant()));
            case HostCommand.WriteCheckpoints write -> {
                Checkpointer.Write tables = new Checkpointer.Write(write.replyTo());
                hits.tell(new HitKeeper.Keep(() -> checkpointer.tell(tables)));
            }
            case HostCommand.Review review -> reviewer.tell(new FlowReviewer.Asked(review));
            case HostCommand.RuleTables tables -> rules.onTables(tables);
            case HostCommand.KnownAddresses known -> rules.discovery().onKnown(known);
            case HostCommand.AddressesLearned learned -> rules.discovery().onLearned(learned);
            case HostCommand.InPieces pieces ->
                getContext()
                        .pipeToSelf(
                                Parcels.get(getContext().getSystem()).fetch(pieces.tables()),
                                (tables, _) -> new HostCommand.Arrived(tables));
            case HostCommand.Arrived arrived -> {
                // what is lost comes again with the next subscription
                if (arrived.tables() instanceof HostCommand.RuleTables tables) {
                    rules.onTables(tables);
                }
            }
            case HostCommand.Subscribed answer -> rules.onSubscribed(answer);
            case HostCommand.VnicChanged changed -> learn(changed.status());
            case HostCommand.Heal _ -> onHeal();
            case HostCommand.ReportNow _ -> rules.reportSoon();
            case HostCommand.ReportHeld _ -> rules.reportHeld();
            case HostCommand.CheckpointTick _ -> checkpointer.tell(new Checkpointer.Write(null));
            case HostCommand.CheckpointArrivals _ -> checkpointer.tell(new Checkpointer.WriteSoon());
            case HostCommand.SettleArrivals _ -> {
                settleLooksLeft--;
                getContext()
                        .pipeToSelf(
                                HostRecovery.settleArrivals(environment),
                                (areOpen, _) -> new HostCommand.ArrivalsSettled(areOpen != null && areOpen));
            }
            case HostCommand.ArrivalsSettled settled -> settleSoon(settled.someAreOpen() && settleLooksLeft > 0);
            case HostCommand.TellRestorable ask ->
                checkpointer.tell(new Checkpointer.Restorable(vms.restorable(ask.vnics())));
            case HostCommand.Recovered found -> onRecovered(found);
            case HostCommand.RecoverAgain _ -> recover();
            case HostCommand.VnicsAttached attached -> vms.onVnicsAttached(attached);
            case HostCommand.RulesAnswered answered -> onRulesAnswered(answered);
            case HostCommand.RulesOverdue overdue -> vms.onRulesOverdue(overdue);
            case HostCommand.VnicsReady ready -> vms.onVnicsReady(ready);
            case HostCommand.VnicsGone gone -> vms.onVnicsGone(gone);
            case HostCommand.Changed changed -> onChanged(changed);
            case HostCommand.Looked looked -> onLooked(looked);
        }
        if (rules.takeArrivals()) {
            startIfIdle(new HostCommand.CheckpointArrivals(), ARRIVALS_DELAY);
            settleLooksLeft = SETTLE_LOOKS;
            settleSoon(true);
        }
        return this;
    }

    private void settleSoon(boolean isNeeded) {
        if (isNeeded) {
            startIfIdle(new HostCommand.SettleArrivals(), SETTLE_INTERVAL);
        }
    }

    private void startIfIdle(HostCommand command, Duration delay) {
        if (!timers.isTimerActive(command)) {
            timers.startSingleTimer(command, delay);
        }
    }

    // ---- starting again

    private void recover() {
        getContext().pipeToSelf(HostRecovery.read(environment, vms.known()), HostCommand.Recovered::new);
    }

    private void onRecovered(HostCommand.Recovered found) {
        HostRecovery.Findings findings = found.findings();
        if (findings == null) {
            // At the stop of the node the database goes before its actors.
            if (CoordinatedShutdown.get(getContext().getSystem())
                    .getShutdownReason()
                    .isEmpty()) {
                getContext()
                        .getLog()
                        .warn("host {} cannot read which VMs it has, and tries again: {}", host, why(found.failure()));
            }
            timers.startSingleTimer(
                    new HostCommand.RecoverAgain(), environment.timing().healInterval());
            return;
        }
        findings.missing().forEach(vms::restore);
        vms.giveUpUnlisted(findings.listed());
        Map<VnicId, Long> before = Map.copyOf(suspects);
        suspects.clear();
        findings.strays().forEach(stray -> onStray(stray, before));
        recovered = true;
        timers.startSingleTimer(
                new HostCommand.RecoverAgain(),
                suspects.isEmpty() ? DIRECTORY_INTERVAL : environment.timing().healInterval());
    }

    /** One of a VM that the agent has may be moving away just now: it goes only if it is still here at the next look. */
    private void onStray(VnicStatus stray, Map<VnicId, Long> before) {
        VmId vm = stray.vnic().vm();
        if (!vms.contains(vm)) {
            letGo(stray);
        } else if (Objects.equals(before.get(stray.vnic()), stray.epoch())) {
            getContext().getLog().warn("VM {} was taken over from host {} under a higher epoch, or detached", vm, host);
            vms.takenOver(vm, stray.epoch());
        } else {
            suspects.put(stray.vnic(), stray.epoch());
        }
    }

    private static String why(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause == null ? "nothing was found" : String.valueOf(cause.getMessage());
    }

    /** In the data path, restored from the local disk perhaps, while the directory says that it belongs to another host or to none. */
    private void letGo(VnicStatus stray) {
        VnicId vnic = stray.vnic();
        getContext().getLog().warn("{} of epoch {} does not belong to host {} any more", vnic, stray.epoch(), host);
        ActorRef<HostReply> nobody = getContext().getSystem().ignoreRef();
        boolean hasEnforced = stray.mode() != VnicMode.PASSIVE && stray.mode() != VnicMode.HOLDING;
        firewalls.ask(vnic, me -> new FirewallCommand.Detach(stray.epoch(), me)).thenAccept(reply -> {
            if (FirewallReplies.isGone(reply)) {
                checkpointer.tell(
                        new Checkpointer.Forget(vnic.vm(), List.of(vnic), stray.epoch(), hasEnforced, nobody));
            }
        });
    }

    // ---- putting right

    private void onRulesAnswered(HostCommand.RulesAnswered answered) {
        rules.answered();
        VnicStatus status = FirewallReplies.status(answered.reply());
        if (status != null) {
            learn(status);
        } else if (answered.reply() instanceof Refused refused) {
            rules.onRefused(answered.vnic(), refused);
        }
        rules.reportIfAllAnswered();
    }

    private void learn(VnicStatus status) {
        rules.learn(status);
        vms.onLearned(status.vnic().vm());
    }

    private void onHeal() {
        rules.subscribe();
        rules.installDue();
        if (looksLeft == 0) {
            looksLeft = LOOKS_AT_CHANGES;
            look(null);
        } else {
            looksLeft--;
            getContext()
                    .pipeToSelf(environment.dataPath().changedSince(known), (news, _) -> new HostCommand.Changed(news));
        }
        vms.retryFailed();
    }

    private void onChanged(HostCommand.Changed changed) {
        VnicNews news = changed.news();
        if (news == null) {
            return;
        }
        known = news.mark();
        news.vnics().forEach(this::learn);
        rules.discovery().news(news.vnics());
        if (news.attached() != vms.attachedVnics()) {
            looksLeft = 0; // vNICs that nobody knows, or that the data path has lost
        }
    }

    private void look(@Nullable ActorRef<HostReply> replyTo) {
        getContext()
                .pipeToSelf(
                        environment.dataPath().statuses(), (statuses, _) -> new HostCommand.Looked(statuses, replyTo));
    }

    /** As the data path has it, which is right also while nobody else can say it; nothing of this agent is touched. */
    private void tellEnforced(HostCommand.GetEnforced get) {
        Parcels parcels = Parcels.get(getContext().getSystem());
        environment
                .dataPath()
                .statuses()
                .thenAccept(here -> HostReply.tell(get.replyTo(), HostReply.Enforced.of(host, get, here), parcels));
    }

    private void onStagedLooked(HostCommand.StagedLooked looked) {
        List<ShadowReport> reports = looked.reports();
        looked.replyTo()
                .tell(reports == null ? dataPathIsDown() : new HostReply.Staged(host, StagedCounts.of(reports)));
    }

    /** Of the data path, of checkpoints and of firewalls. */
    private Map<String, Long> counters() {
        Map<String, Long> counters = new HashMap<>(environment.dataPath().counters());
        counters.putAll(environment.checkpoints().counters());
        counters.putAll(environment.counters().values());
        return counters;
    }

    private Refused dataPathIsDown() {
        return new Refused(RefusalCode.HOST_UNAVAILABLE, "the data path of " + host + " is shut down");
    }

    private void onLooked(HostCommand.Looked looked) {
        List<VnicStatus> statuses = looked.statuses();
        ActorRef<HostReply> replyTo = looked.replyTo();
        if (statuses == null) {
            if (replyTo != null) {
                replyTo.tell(dataPathIsDown());
            }
            return;
        }
        Map<VnicId, VnicStatus> byVnic = new HashMap<>();
        statuses.forEach(status -> byVnic.put(status.vnic(), status));
        if (replyTo != null) {
            HostReply.HostStatus status = new HostReply.HostStatus(
                    host, vms.isDraining(), recovered, vms.views(byVnic), environment.limits(), counters());
            HostReply.tell(replyTo, status, Parcels.get(getContext().getSystem()));
            return;
        }
        // Also for vNICs of VMs that the agent does not know (any more): whatever is in the data path gets its rules.
        Set<VnicId> here = vms.vnicIds();
        here.addAll(byVnic.keySet());
        rules.keepOnly(here);
        statuses.forEach(this::learn);
        rules.discovery().learn(statuses);
        vms.putBackMissing(byVnic.keySet());
    }
}
