package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.HostedVm.Phase;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
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
 * A vNIC without rules passes nothing, whatever its phase. Rule tables are wanted and in force; whatever differs is installed, and
 * every {@link HostTiming#healInterval} once more, and the tenant is told what is in force, whose answer is what should be.
 */
public final class HostAgent extends AbstractBehavior<HostCommand> {
    /** Name of the actor under the node's guardian. */
    public static final String NAME = "host-agent";

    /** How often the directory is compared with what is here. */
    private static final Duration DIRECTORY_INTERVAL = Duration.ofSeconds(30);

    private final HostAgentEnvironment environment;
    private final HostId host;
    private final TimerScheduler<HostCommand> timers;
    private final FirewallAsks firewalls;
    private final ActorRef<Checkpointer.Command> checkpointer;
    private final RuleShelf rules = new RuleShelf();
    private final Map<VmId, HostedVm> vms = new TreeMap<>(java.util.Comparator.comparing(VmId::toString));
    private Set<TenantId> subscribed = Set.of();
    private boolean reporting;
    private boolean draining;
    private boolean recovered;

    /** Under which the agent of a host is registered at the receptionist. */
    public static ServiceKey<HostCommand> key(HostId host) {
        return ServiceKey.create(HostCommand.class, "host-agent-" + host);
    }

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
        this.firewalls = new FirewallAsks(environment, context.getSystem().scheduler());
        this.checkpointer = context.spawn(
                Checkpointer.create(
                        environment.dataPath(),
                        new CheckpointWriter(
                                environment.dataPath(),
                                environment.checkpoints(),
                                environment.blocking(),
                                clock,
                                environment.limits().maxConnectionsPerVnic())),
                "checkpointer");
        context.getSystem().receptionist().tell(Receptionist.register(key(host), context.getSelf()));
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
            case HostCommand.AttachVm attach -> onAttachVm(attach);
            case HostCommand.CheckAdmission check -> onCheckAdmission(check);
            case HostCommand.DetachVm detach -> onDetachVm(detach);
            case HostCommand.ReleaseVm release -> onReleaseVm(release);
            case HostCommand.SetDraining set -> onSetDraining(set);
            case HostCommand.GetHost get -> look(get.replyTo());
            case HostCommand.WriteCheckpoints write ->
                checkpointer.tell(new Checkpointer.Write(restorable(), write.replyTo()));
            case HostCommand.RuleTables tables -> install(rules.offer(tables.assignments(), tables.tables()));
            case HostCommand.VnicChanged changed -> learn(changed.status());
            case HostCommand.Heal _ -> onHeal();
            case HostCommand.ReportNow _ -> onReportNow();
            case HostCommand.CheckpointTick _ -> checkpointer.tell(new Checkpointer.Write(restorable(), null));
            case HostCommand.Recovered found -> onRecovered(found);
            case HostCommand.RecoverAgain _ -> recover();
            case HostCommand.VnicsAttached attached -> onVnicsAttached(attached);
            case HostCommand.RulesAnswered answered -> onRulesAnswered(answered);
            case HostCommand.RulesOverdue overdue -> onRulesOverdue(overdue);
            case HostCommand.VnicsReady ready -> onVnicsReady(ready);
            case HostCommand.VnicsGone gone -> onVnicsGone(gone);
            case HostCommand.Looked looked -> onLooked(looked);
        }
        return this;
    }

    // ---- starting again

    private void recover() {
        getContext().pipeToSelf(HostRecovery.read(environment, Set.copyOf(vms.keySet())), HostCommand.Recovered::new);
    }

    private void onRecovered(HostCommand.Recovered found) {
        HostRecovery.Findings findings = found.findings();
        if (findings == null) {
            getContext()
                    .getLog()
                    .warn(
                            "host {} cannot read which VMs it has, and tries again: {}",
                            host,
                            String.valueOf(found.failure()));
            timers.startSingleTimer(
                    new HostCommand.RecoverAgain(), environment.timing().healInterval());
            return;
        }
        for (RestoredVm vm : findings.missing()) {
            if (!vms.containsKey(vm.spec().vm())) {
                getContext()
                        .getLog()
                        .info("host {} attaches VM {} again", host, vm.spec().vm());
                attach(new HostedVm(vm));
            }
        }
        vms.values()
                .removeIf(vm -> vm.phase == Phase.FAILED && !findings.listed().contains(vm.spec.vm()));
        findings.strays().stream()
                .filter(stray -> !vms.containsKey(stray.vnic().vm()))
                .forEach(this::letGo);
        recovered = true;
        timers.startSingleTimer(new HostCommand.RecoverAgain(), DIRECTORY_INTERVAL);
    }

    /** Enforced here, restored from the local disk perhaps, while the directory says that it belongs to another host or to none. */
    private void letGo(VnicStatus stray) {
        VnicId vnic = stray.vnic();
        getContext().getLog().warn("{} of epoch {} does not belong to host {} any more", vnic, stray.epoch(), host);
        ActorRef<HostReply> nobody = getContext().getSystem().ignoreRef();
        firewalls.ask(vnic, me -> new FirewallCommand.Detach(stray.epoch(), me)).thenAccept(reply -> {
            if (FirewallReplies.isGone(reply)) {
                checkpointer.tell(new Checkpointer.Forget(vnic.vm(), List.of(vnic), stray.epoch(), nobody));
            }
        });
    }

    // ---- attaching

    private void onAttachVm(HostCommand.AttachVm attach) {
        VmSpec spec = attach.spec();
        HostedVm present = vms.get(spec.vm());
        if (present != null && present.phase == Phase.LEAVING && present.leavingEpoch < attach.epoch()) {
            present.afterLeaving.add(attach);
            return;
        }
        if (present != null && (present.epoch > attach.epoch() || present.phase == Phase.LEAVING)) {
            attach.replyTo().tell(stale(present, attach.epoch()));
            return;
        }
        if (present != null && present.epoch == attach.epoch()) {
            present.askers.add(attach.replyTo());
            present.enforce |= attach.enforce();
            if (present.phase == Phase.ATTACHED) {
                settle(present);
            } else if (present.phase == Phase.FAILED) {
                attach(present);
            }
            return;
        }
        Refused refusal = present == null ? refusal(spec) : null;
        if (refusal != null) {
            attach.replyTo().tell(refusal);
            return;
        }
        if (present != null) {
            present.answer(stale(present, present.epoch));
        }
        HostedVm vm = new HostedVm(spec, attach.epoch(), attach.enforce());
        vm.askers.add(attach.replyTo());
        attach(vm);
    }

    private void onCheckAdmission(HostCommand.CheckAdmission check) {
        Refused refusal = refusal(check.spec());
        check.replyTo().tell(refusal == null ? new HostReply.Admissible(host) : refusal);
    }

    private @Nullable Refused refusal(VmSpec spec) {
        if (draining) {
            return new Refused(RefusalCode.DRAINING, "host " + host + " is being drained");
        }
        int max = environment.limits().maxVnics();
        int present =
                vms.values().stream().mapToInt(vm -> vm.spec.vnics().size()).sum();
        if (present + spec.vnics().size() > max) {
            return new Refused(
                    RefusalCode.CAPACITY,
                    "host " + host + " has " + present + " of at most " + max + " vNICs; " + spec.vm() + " has "
                            + spec.vnics().size()
                            + "; use another host, or raise portcullis.limits.max-vnics of this one");
        }
        return null;
    }

    private void attach(HostedVm vm) {
        vm.phase = Phase.ATTACHING;
        vms.put(vm.spec.vm(), vm);
        vm.spec.vnicIds().forEach(rules::add);
        subscribe();
        pipe(
                firewalls.askAll(vm.spec, spec -> firewalls.attach(spec, vm.epoch, vm.checkpoints.get(spec.vnic()))),
                replies -> new HostCommand.VnicsAttached(vm.spec.vm(), vm.epoch, replies));
    }

    private void onVnicsAttached(HostCommand.VnicsAttached attached) {
        HostedVm vm = find(attached.vm(), attached.epoch(), Phase.ATTACHING);
        if (vm == null) {
            return;
        }
        FirewallReply refusal = learn(attached.replies());
        if (refusal != null) {
            onAttachRefused(vm, refusal);
            return;
        }
        vm.checkpoints.forEach((vnic, checkpoint) -> rules.restored(vnic, checkpoint.rules()));
        vm.phase = Phase.AWAITING_RULES;
        install(vm.spec.vnicIds().stream().filter(rules.due()::contains).toList());
        if (hasRules(vm)) {
            settle(vm);
        } else {
            getContext()
                    .scheduleOnce(
                            environment.timing().rulesTimeout(),
                            getContext().getSelf(),
                            new HostCommand.RulesOverdue(vm.spec.vm(), vm.epoch));
        }
    }

    private void onAttachRefused(HostedVm vm, FirewallReply refusal) {
        Refused reason = FirewallReplies.refused(refusal);
        vm.answer(reason);
        if (vm.isRestored) {
            getContext()
                    .getLog()
                    .warn(
                            "VM {} belongs to host {} but cannot be attached, tried again: {}",
                            vm.spec.vm(),
                            host,
                            reason);
            vm.phase = Phase.FAILED;
            return;
        }
        vm.phase = Phase.LEAVING;
        vm.leavingEpoch = vm.epoch;
        leave(vm.spec, vm.epoch, getContext().getSystem().ignoreRef(), null);
    }

    private boolean hasRules(HostedVm vm) {
        return vm.spec.vnicIds().stream().allMatch(rules::hasRules);
    }

    private void onRulesOverdue(HostCommand.RulesOverdue overdue) {
        HostedVm vm = find(overdue.vm(), overdue.epoch(), Phase.AWAITING_RULES);
        if (vm != null) {
            getContext().getLog().warn("no rules for VM {} yet: nothing of it passes", vm.spec.vm());
            settle(vm);
        }
    }

    /** Lets the vNICs enforce if they should, else asks how they are. */
    private void settle(HostedVm vm) {
        vm.phase = Phase.SETTLING;
        pipe(
                firewalls.askAll(
                        vm.spec,
                        spec -> firewalls.ask(
                                spec.vnic(),
                                me -> vm.enforce
                                        ? new FirewallCommand.Activate(vm.epoch, 0, 0, me)
                                        : new FirewallCommand.GetStatus(me))),
                replies -> new HostCommand.VnicsReady(vm.spec.vm(), vm.epoch, replies));
    }

    private void onVnicsReady(HostCommand.VnicsReady ready) {
        HostedVm vm = find(ready.vm(), ready.epoch(), Phase.SETTLING);
        if (vm == null) {
            return;
        }
        FirewallReply refusal = learn(ready.replies());
        vm.phase = Phase.ATTACHED;
        if (refusal != null) {
            vm.answer(FirewallReplies.refused(refusal));
            return;
        }
        List<VnicStatus> statuses = ready.replies().stream()
                .map(FirewallReplies::status)
                .filter(Objects::nonNull)
                .toList();
        long revision =
                statuses.stream().mapToLong(VnicStatus::policyRevision).min().orElse(0);
        vm.answer(new HostReply.VmAttached(vm.spec.vm(), vm.epoch, revision, statuses));
    }

    // ---- leaving

    private void onDetachVm(HostCommand.DetachVm detach) {
        onLeave(detach.spec(), detach.epoch(), detach.replyTo(), null);
    }

    private void onReleaseVm(HostCommand.ReleaseVm release) {
        onLeave(release.spec(), release.epoch(), release.replyTo(), release);
    }

    private void onLeave(
            VmSpec spec, long epoch, ActorRef<HostReply> replyTo, HostCommand.@Nullable ReleaseVm release) {
        HostedVm vm = vms.get(spec.vm());
        if (vm != null && vm.epoch > epoch) {
            replyTo.tell(stale(vm, epoch));
            return;
        }
        if (vm != null) {
            vm.phase = Phase.LEAVING;
            vm.leavingEpoch = epoch;
            vm.answer(new Refused(RefusalCode.WRONG_STATE, "VM " + spec.vm() + " was detached meanwhile"));
        }
        leave(spec, epoch, replyTo, release);
    }

    private void leave(VmSpec spec, long epoch, ActorRef<HostReply> replyTo, HostCommand.@Nullable ReleaseVm release) {
        pipe(
                firewalls.askAll(
                        spec,
                        vnic -> firewalls.ask(
                                vnic.vnic(),
                                me -> release == null
                                        ? new FirewallCommand.Detach(epoch, me)
                                        : new FirewallCommand.Release(
                                                epoch, release.movedTo(), release.movedEpoch(), me))),
                replies -> new HostCommand.VnicsGone(spec, epoch, replies, replyTo));
    }

    private void onVnicsGone(HostCommand.VnicsGone gone) {
        HostedVm vm = vms.get(gone.spec().vm());
        boolean isCurrent = vm != null && vm.epoch <= gone.epoch();
        for (FirewallReply reply : gone.replies()) {
            if (!FirewallReplies.isGone(reply)) {
                if (vm != null && isCurrent) {
                    vm.phase = Phase.ATTACHED;
                    attachWhatWaited(vm);
                }
                gone.replyTo().tell(FirewallReplies.refused(reply));
                return;
            }
        }
        if (isCurrent || vm == null) {
            vms.remove(gone.spec().vm());
            gone.spec().vnicIds().forEach(rules::remove);
            subscribe();
        }
        // Answers once no restart could bring it back.
        checkpointer.tell(
                new Checkpointer.Forget(gone.spec().vm(), gone.spec().vnicIds(), gone.epoch(), gone.replyTo()));
        if (vm != null && isCurrent) {
            attachWhatWaited(vm);
        }
    }

    private void attachWhatWaited(HostedVm vm) {
        vm.afterLeaving.forEach(attach -> getContext().getSelf().tell(attach));
        vm.afterLeaving.clear();
    }

    private void onSetDraining(HostCommand.SetDraining set) {
        draining = set.draining();
        set.replyTo().tell(new HostReply.DrainingSet(host, draining));
    }

    // ---- rules

    private void install(List<VnicId> vnics) {
        for (VnicId vnic : vnics) {
            RuleShelf.Delivery delivery = rules.delivery(vnic);
            if (delivery != null) {
                pipe(
                        firewalls.ask(
                                vnic,
                                me -> new FirewallCommand.InstallRules(delivery.revision(), delivery.table(), me)),
                        reply -> new HostCommand.RulesAnswered(vnic, reply));
            }
        }
    }

    private void onRulesAnswered(HostCommand.RulesAnswered answered) {
        switch (answered.reply()) {
            case FirewallReply.Status status -> learn(status.status());
            case Refused refused
            when refused.code() != RefusalCode.UNKNOWN ->
                getContext().getLog().warn("rules of {} are not in force: {}", answered.vnic(), refused.message());
            default -> {
                // Not attached (yet, or any more): rules are installed when it is.
            }
        }
    }

    private void learn(VnicStatus status) {
        rules.learn(status);
        if (rules.hasUnreported() && !reporting) {
            reporting = true; // one report for all that is learned before this agent hears itself
            getContext().getSelf().tell(new HostCommand.ReportNow());
        }
        HostedVm vm = vms.get(status.vnic().vm());
        if (vm != null && vm.phase == Phase.AWAITING_RULES && hasRules(vm)) {
            settle(vm);
        }
    }

    private void onReportNow() {
        reporting = false;
        rules.takeUnreported()
                .forEach((tenant, vnics) ->
                        environment.tenants().apply(tenant).tell(new TenantCommand.ReportRealized(host, vnics)));
    }

    /** Says to every tenant what is in force here; one that has nothing here any more hears so once. */
    private void subscribe() {
        Map<TenantId, Map<VnicId, TenantCommand.Realized>> realized = rules.realized();
        Set<TenantId> tenants = new HashSet<>(realized.keySet());
        tenants.addAll(subscribed);
        for (TenantId tenant : tenants) {
            environment
                    .tenants()
                    .apply(tenant)
                    .tell(new TenantCommand.SubscribeHost(
                            host,
                            realized.getOrDefault(tenant, Map.of()),
                            getContext().getSelf()));
        }
        subscribed = Set.copyOf(realized.keySet());
    }

    private void onHeal() {
        subscribe();
        install(rules.due());
        look(null);
        for (HostedVm vm : List.copyOf(vms.values())) {
            if (vm.phase == Phase.FAILED) {
                attach(vm);
            }
        }
    }

    // ---- looking

    private void look(@Nullable ActorRef<HostReply> replyTo) {
        getContext()
                .pipeToSelf(
                        environment.dataPath().statuses(), (statuses, _) -> new HostCommand.Looked(statuses, replyTo));
    }

    private void onLooked(HostCommand.Looked looked) {
        List<VnicStatus> statuses = looked.statuses();
        ActorRef<HostReply> replyTo = looked.replyTo();
        if (statuses == null) {
            if (replyTo != null) {
                replyTo.tell(new Refused(RefusalCode.HOST_UNAVAILABLE, "the data path of " + host + " is shut down"));
            }
            return;
        }
        Map<VnicId, VnicStatus> byVnic = new HashMap<>();
        statuses.forEach(status -> byVnic.put(status.vnic(), status));
        if (replyTo != null) {
            replyTo.tell(status(byVnic));
            return;
        }
        // Also for vNICs of VMs that the agent does not know (any more): whatever is in the data path gets its rules.
        Set<VnicId> here = new HashSet<>(byVnic.keySet());
        vms.values().forEach(vm -> here.addAll(vm.spec.vnicIds()));
        rules.keepOnly(here);
        statuses.forEach(this::learn);
        for (HostedVm vm : List.copyOf(vms.values())) {
            if (vm.phase == Phase.ATTACHED && vm.isRestored && !byVnic.keySet().containsAll(vm.spec.vnicIds())) {
                getContext().getLog().warn("VM {} is not in the data path any more: attached again", vm.spec.vm());
                attach(vm);
            }
        }
    }

    private HostReply.HostStatus status(Map<VnicId, VnicStatus> byVnic) {
        List<HostReply.HostedVm> hosted = new ArrayList<>();
        for (HostedVm vm : vms.values()) {
            List<VnicStatus> statuses = new ArrayList<>();
            for (VnicId vnic : vm.spec.vnicIds()) {
                VnicStatus status = byVnic.get(vnic);
                if (status != null) {
                    statuses.add(status);
                }
            }
            hosted.add(new HostReply.HostedVm(vm.spec, vm.epoch, statuses));
        }
        return new HostReply.HostStatus(
                host,
                draining,
                recovered,
                hosted,
                environment.limits(),
                environment.dataPath().counters());
    }

    // ---- checkpoints

    /** vNICs of which all is known that a restart needs. */
    private Map<VnicId, CheckpointWriter.Known> restorable() {
        Map<VnicId, RuleTable> tables = rules.tablesInForce();
        Map<VnicId, CheckpointWriter.Known> known = new HashMap<>();
        for (HostedVm vm : vms.values()) {
            for (VnicSpec vnic : vm.spec.vnics()) {
                RuleTable table = tables.get(vnic.vnic());
                if (table != null && vm.phase != Phase.LEAVING) {
                    known.put(vnic.vnic(), new CheckpointWriter.Known(vnic, table));
                }
            }
        }
        return known;
    }

    // ---- helpers

    private @Nullable HostedVm find(VmId id, long epoch, Phase phase) {
        HostedVm vm = vms.get(id);
        return vm != null && vm.epoch == epoch && vm.phase == phase ? vm : null;
    }

    /** Takes over what the firewalls say; returns the first answer that is no status. */
    private @Nullable FirewallReply learn(List<FirewallReply> replies) {
        FirewallReply refusal = null;
        for (FirewallReply reply : replies) {
            VnicStatus status = FirewallReplies.status(reply);
            if (status != null) {
                rules.learn(status);
            } else if (refusal == null) {
                refusal = reply;
            }
        }
        return refusal;
    }

    private Refused stale(HostedVm vm, long epoch) {
        return new Refused(
                RefusalCode.STALE_EPOCH,
                "VM " + vm.spec.vm() + " is on " + host + " under epoch " + vm.epoch + ", not " + epoch
                        + (vm.phase == Phase.LEAVING ? ", and leaving" : ""));
    }

    private <T> void pipe(CompletionStage<T> stage, java.util.function.Function<T, HostCommand> message) {
        getContext().pipeToSelf(stage, (value, failure) -> {
            if (failure != null) {
                throw new IllegalStateException("a question to a firewall cannot fail", failure);
            }
            return message.apply(value);
        });
    }
}
