package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.CheckpointHead;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.HostedVm.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * The VMs of a host: admission, attach and leave, each for all vNICs of a VM as one; {@link HostAgent} has the phases and their
 * transitions. Belongs to the agent, on its thread.
 */
final class HostVms {
    private final ActorContext<HostCommand> context;
    private final HostAgentEnvironment environment;
    private final HostId host;
    private final FirewallAsks firewalls;
    private final StaysOnDisk stays;
    private final HostRules rules;
    private final ActorRef<Checkpointer.Command> checkpointer;
    private final Map<VmId, HostedVm> vms =
            new TreeMap<>(Comparator.comparing((VmId vm) -> vm.tenant().value()).thenComparing(VmId::name));
    private boolean draining;
    /** Hears which VMs are to have a replica. */
    private @Nullable ActorRef<HostCommand.Replicated> replicating;

    HostVms(
            ActorContext<HostCommand> context,
            HostAgentEnvironment environment,
            FirewallAsks firewalls,
            HostRules rules,
            ActorRef<Checkpointer.Command> checkpointer) {
        this.context = context;
        this.environment = environment;
        this.host = environment.host();
        this.firewalls = firewalls;
        this.stays = new StaysOnDisk(environment.host(), environment.checkpoints(), environment.blocking());
        this.rules = rules;
        this.checkpointer = checkpointer;
    }

    // ---- admission

    void onSetDraining(HostCommand.SetDraining set) {
        draining = set.draining();
        set.replyTo().tell(new HostReply.DrainingSet(host, draining));
    }

    boolean isDraining() {
        return draining;
    }

    void onCheckAdmission(HostCommand.CheckAdmission check) {
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

    // ---- attaching

    void onAttachVm(HostCommand.AttachVm attach) {
        onTakeOverVm(new HostCommand.TakeOverVm(attach, Map.of()));
    }

    void onTakeOverVm(HostCommand.TakeOverVm takeOver) {
        HostCommand.AttachVm attach = takeOver.attach();
        VmSpec spec = attach.spec();
        HostedVm present = vms.get(spec.vm());
        if (present != null && present.phase == Phase.LEAVING && present.leavingEpoch < attach.epoch()) {
            present.afterLeaving.add(takeOver);
            return;
        }
        if (present != null && (present.epoch > attach.epoch() || present.isOver(attach.epoch()))) {
            attach.replyTo()
                    .tell(
                            present.epoch == attach.epoch() && present.whyNot != null
                                    ? present.whyNot
                                    : stale(present, attach.epoch()));
            return;
        }
        if (present != null && present.epoch == attach.epoch()) {
            attachAgain(present, attach);
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
        HostedVm vm = new HostedVm(spec, attach.epoch(), attach.enforce(), takeOver.replicas());
        vm.askers.add(attach.replyTo());
        CompletionStage<?> ready =
                present == null ? stays.forgetFormer(spec, vm.epoch) : CompletableFuture.completedFuture(null);
        attach(
                vm,
                attach.enforce()
                        ? ready.thenApply(_ -> Optional.empty())
                        : ready.thenCompose(_ -> stays.noteArrival(spec, vm.epoch)));
    }

    private void attachAgain(HostedVm present, HostCommand.AttachVm attach) {
        present.askers.add(attach.replyTo());
        present.enforce |= attach.enforce();
        if (present.phase == Phase.ATTACHED) {
            present.isAskedAgain = true;
            settle(present);
        } else if (present.phase == Phase.FAILED) {
            attach(present);
        }
    }

    private void attach(HostedVm vm) {
        attach(vm, CompletableFuture.completedFuture(Optional.empty()));
    }

    /** @param ready when it may begin, or why it may not */
    private void attach(HostedVm vm, CompletionStage<Optional<FirewallReply>> ready) {
        vm.phase = Phase.ATTACHING;
        vm.isAskedAgain = false;
        HostedVm before = vms.put(vm.spec.vm(), vm);
        if (before != vm && (vm.spec.replica() || (before != null && before.spec.replica()))) {
            tellReplicated();
        }
        rules.add(vm.spec.vnicIds());
        firewalls.pipe(
                ready.thenCompose(refused -> refused.isPresent()
                        ? CompletableFuture.completedFuture(List.of(refused.get()))
                        : firewalls.askAll(
                                vm.spec, spec -> firewalls.attach(spec, vm.epoch, vm.checkpoints.get(spec.vnic())))),
                replies -> new HostCommand.VnicsAttached(vm.spec.vm(), vm.epoch, replies));
    }

    void onVnicsAttached(HostCommand.VnicsAttached attached) {
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
        rules.installDue(vm.spec.vnicIds());
        if (hasRules(vm)) {
            settle(vm);
        } else {
            context.scheduleOnce(
                    environment.timing().rulesTimeout(),
                    context.getSelf(),
                    new HostCommand.RulesOverdue(vm.spec.vm(), vm.epoch));
        }
    }

    private void onAttachRefused(HostedVm vm, FirewallReply refusal) {
        Refused reason = FirewallReplies.refused(refusal);
        vm.answer(reason);
        if (vm.isRestored) {
            context.getLog()
                    .warn(
                            "VM {} belongs to host {} but cannot be attached, tried again: {}",
                            vm.spec.vm(),
                            host,
                            reason.message());
            vm.phase = Phase.FAILED;
            return;
        }
        if (reason.code() == RefusalCode.TIMEOUT) {
            // Nobody has refused it, and what left under its epoch could never be attached under it: whoever asked asks
            // again, or lets it go.
            context.getLog().warn("VM {} is not attached to host {} yet: {}", vm.spec.vm(), host, reason.message());
            vm.phase = Phase.FAILED;
            return;
        }
        vm.whyNot = reason;
        vm.leaving(vm.epoch, vm.enforce, null);
        leaveAgain(vm);
    }

    /** Where they may be old, what was changed since holds before anything passes. */
    private boolean hasRules(HostedVm vm) {
        return vm.awaitsTenant ? rules.hasTenantsRules(vm.spec) : rules.hasRules(vm.spec);
    }

    /** Rules of a vNIC of this VM may have come. */
    void onLearned(VmId id) {
        HostedVm vm = vms.get(id);
        if (vm != null && vm.phase == Phase.AWAITING_RULES && hasRules(vm)) {
            settle(vm);
        }
    }

    void onRulesOverdue(HostCommand.RulesOverdue overdue) {
        HostedVm vm = find(overdue.vm(), overdue.epoch(), Phase.AWAITING_RULES);
        if (vm != null) {
            context.getLog()
                    .warn(
                            rules.hasRules(vm.spec)
                                    ? "no rules for VM {} from its tenant yet: those of its checkpoint hold"
                                    : "no rules for VM {} yet: nothing of it passes",
                            vm.spec.vm());
            settle(vm);
        }
    }

    /** Lets the vNICs enforce if they should, else asks how they are. */
    private void settle(HostedVm vm) {
        vm.phase = Phase.SETTLING;
        firewalls.pipe(
                firewalls.askAll(
                        vm.spec,
                        spec -> firewalls.ask(
                                spec.vnic(),
                                me -> vm.enforce
                                        ? new FirewallCommand.Activate(vm.epoch, 0, 0, me)
                                        : new FirewallCommand.GetStatus(me))),
                replies -> new HostCommand.VnicsReady(vm.spec.vm(), vm.epoch, replies));
    }

    void onVnicsReady(HostCommand.VnicsReady ready) {
        HostedVm vm = find(ready.vm(), ready.epoch(), Phase.SETTLING);
        if (vm == null) {
            return;
        }
        FirewallReply refusal = learn(ready.replies());
        vm.checkpoints = Map.of(); // connections go on from here; what was then is not so any more
        if (refusal != null && !vm.isAskedAgain) {
            // Others of its vNICs may enforce by now: all or none.
            onAttachRefused(vm, refusal);
            return;
        }
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

    // ---- putting back

    /**
     * Attaches a VM that belongs here according to the directory, as that is now. One that is here already stays as it is, unless its epoch has grown: its placement
     * gave it back to this host while that counted as lost, and could not tell it.
     */
    void restore(RestoredVm vm) {
        HostedVm present = vms.get(vm.spec().vm());
        boolean isOld = present != null && present.phase == Phase.ATTACHED && present.epoch < vm.epoch();
        if (present == null || present.phase == Phase.FAILED || isOld) {
            context.getLog()
                    .info("host {} attaches VM {} again", host, vm.spec().vm());
            attach(new HostedVm(vm));
        }
    }

    /** Does not try again to attach what the directory does not list any more. */
    void giveUpUnlisted(Set<VmId> listed) {
        if (vms.values().removeIf(vm -> isToBeTried(vm) && !listed.contains(vm.spec.vm()))) {
            tellReplicated();
        }
    }

    /** Whatever failed and nobody else asks for again. */
    void retryFailed() {
        for (HostedVm vm : List.copyOf(vms.values())) {
            if (isToBeTried(vm)) {
                attach(vm);
            } else if (vm.phase == Phase.STUCK) {
                vm.phase = Phase.LEAVING;
                leaveAgain(vm);
            }
        }
    }

    /** One that was asked for is tried again when it is asked for again. */
    private static boolean isToBeTried(HostedVm vm) {
        return vm.phase == Phase.FAILED && vm.isRestored;
    }

    /** Attaches again what the data path has lost. */
    void putBackMissing(Set<VnicId> inDataPath) {
        for (HostedVm vm : List.copyOf(vms.values())) {
            if (vm.phase == Phase.ATTACHED && vm.isRestored && !inDataPath.containsAll(vm.spec.vnicIds())) {
                context.getLog().warn("VM {} is not in the data path any more: attached again", vm.spec.vm());
                attach(vm);
            }
        }
    }

    // ---- leaving

    /** Another host has the VM under a higher epoch. */
    void takenOver(VmId id, long epoch) {
        HostedVm vm = vms.get(id);
        if (vm != null && vm.epoch == epoch && vm.phase != Phase.LEAVING) {
            onLeave(vm.spec, epoch, true, context.getSystem().ignoreRef(), null);
        }
    }

    /** @param hasEnforced see {@link HostCommand.DetachVm} */
    void onLeave(
            VmSpec spec,
            long epoch,
            boolean hasEnforced,
            ActorRef<HostReply> replyTo,
            HostCommand.@Nullable ReleaseVm release) {
        HostedVm vm = vms.get(spec.vm());
        if (vm != null && vm.epoch > epoch) {
            replyTo.tell(stale(vm, epoch));
            return;
        }
        if (vm != null) {
            vm.leaving(epoch, hasEnforced, release);
            vm.whyNot = null;
            vm.answer(new Refused(RefusalCode.WRONG_STATE, "VM " + spec.vm() + " was detached meanwhile"));
        }
        leave(spec, epoch, hasEnforced, replyTo, release);
    }

    private void leaveAgain(HostedVm vm) {
        leave(vm.spec, vm.leavingEpoch, vm.hasEnforced, context.getSystem().ignoreRef(), vm.release);
    }

    private void leave(
            VmSpec spec,
            long epoch,
            boolean hasEnforced,
            ActorRef<HostReply> replyTo,
            HostCommand.@Nullable ReleaseVm release) {
        firewalls.pipe(
                firewalls.askAll(
                        spec,
                        vnic -> firewalls.ask(
                                vnic.vnic(),
                                me -> release == null
                                        ? new FirewallCommand.Detach(epoch, me)
                                        : new FirewallCommand.Release(
                                                epoch, release.movedTo(), release.movedEpoch(), me))),
                replies -> new HostCommand.VnicsGone(spec, epoch, hasEnforced, replies, replyTo));
    }

    void onVnicsGone(HostCommand.VnicsGone gone) {
        HostedVm vm = vms.get(gone.spec().vm());
        boolean isCurrent = vm != null && vm.epoch <= gone.epoch();
        for (FirewallReply reply : gone.replies()) {
            if (!FirewallReplies.isGone(reply)) {
                Refused why = FirewallReplies.refused(reply);
                if (vm != null && isCurrent) {
                    stayed(vm, why);
                }
                gone.replyTo().tell(why);
                return;
            }
        }
        if (isCurrent || vm == null) {
            HostedVm left = vms.remove(gone.spec().vm());
            if (left != null && left.spec.replica()) {
                tellReplicated();
            }
            rules.remove(gone.spec().vnicIds());
        }
        // Answers once no restart could bring it back.
        checkpointer.tell(new Checkpointer.Forget(
                gone.spec().vm(), gone.spec().vnicIds(), gone.epoch(), gone.hasEnforced(), gone.replyTo()));
        if (vm != null && isCurrent) {
            attachWhatWaited(vm);
        }
    }

    /** A vNIC that has a later epoch than the order is none of its business. Any other one that is still here is told again: it may enforce, and others of the VM are gone. */
    private void stayed(HostedVm vm, Refused why) {
        boolean isVoid = why.code() == RefusalCode.STALE_EPOCH;
        if (!isVoid) {
            context.getLog().warn("VM {} does not leave host {}, told again: {}", vm.spec.vm(), host, why.message());
        }
        vm.phase = isVoid ? Phase.ATTACHED : Phase.STUCK;
        attachWhatWaited(vm);
    }

    private void attachWhatWaited(HostedVm vm) {
        vm.afterLeaving.forEach(attach -> context.getSelf().tell(attach));
        vm.afterLeaving.clear();
    }

    // ---- replicas

    void onWatchReplicated(HostCommand.WatchReplicated watch) {
        replicating = watch.listener();
        tellReplicated();
    }

    private void tellReplicated() {
        ActorRef<HostCommand.Replicated> listener = replicating;
        if (listener != null) {
            listener.tell(new HostCommand.Replicated(vms.values().stream()
                    .map(vm -> vm.spec)
                    .filter(VmSpec::replica)
                    .toList()));
        }
    }

    // ---- looking

    boolean contains(VmId vm) {
        return vms.containsKey(vm);
    }

    /**
     * Those that the host has, or is about to have; not those that could not be attached, of which the directory may say something
     * else by now.
     */
    HostRecovery.Known known() {
        Map<VmId, Long> epochs = new HashMap<>();
        Set<VmId> wereListed = new HashSet<>();
        for (HostedVm vm : vms.values()) {
            if (vm.phase != Phase.FAILED) {
                epochs.put(vm.spec.vm(), vm.epoch);
            }
            if (vm.isRestored) {
                wereListed.add(vm.spec.vm());
            }
        }
        return new HostRecovery.Known(epochs, wereListed);
    }

    Set<VnicId> vnicIds() {
        Set<VnicId> ids = new HashSet<>();
        vms.values().forEach(vm -> ids.addAll(vm.spec.vnicIds()));
        return ids;
    }

    /** Every VM with what the data path says of its vNICs. */
    List<HostReply.HostedVm> views(Map<VnicId, VnicStatus> statuses) {
        List<HostReply.HostedVm> views = new ArrayList<>();
        for (HostedVm vm : vms.values()) {
            views.add(new HostReply.HostedVm(
                    vm.spec,
                    vm.epoch,
                    vm.spec.vnicIds().stream()
                            .map(statuses::get)
                            .filter(Objects::nonNull)
                            .toList()));
        }
        return views;
    }

    /** As many vNICs as the VMs have that are here. */
    int attachedVnics() {
        return vms.values().stream().mapToInt(vm -> vm.spec.vnics().size()).sum();
    }

    /** Those of these vNICs of which all is known that a restart needs. */
    Map<VnicId, CheckpointWriter.Known> restorable(Set<VnicId> vnics) {
        Map<VnicId, CheckpointWriter.Known> known = new HashMap<>();
        for (VnicId id : vnics) {
            HostedVm vm = vms.get(id.vm());
            RuleTable table = rules.tableInForce(id);
            if (vm != null && !vm.isOver(vm.epoch) && table != null) {
                vm.spec.vnics().stream()
                        .filter(vnic -> vnic.vnic().equals(id))
                        .forEach(vnic -> known.put(id, new CheckpointWriter.Known(vnic, table)));
            }
        }
        return known;
    }

    /** As {@link HostCommand.TellHeads} asks. */
    List<CheckpointHead> heads(VmId id, long epoch) {
        HostedVm vm = vms.get(id);
        if (vm == null || vm.epoch != epoch) {
            return List.of();
        }
        int maxConnections = environment.limits().maxConnectionsPerVnic();
        return restorable(Set.copyOf(vm.spec.vnicIds())).entrySet().stream()
                .map(vnic -> new CheckpointHead(
                        vnic.getValue().spec().attachment(epoch, maxConnections),
                        rules.revisionInForce(vnic.getKey()),
                        vnic.getValue().rules()))
                .toList();
    }

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
                vm.isOver(epoch)
                        ? "VM " + vm.spec.vm() + " leaves " + host + " under epoch " + vm.leavingEpoch + ", and epoch "
                                + epoch + " is over with that"
                        : "VM " + vm.spec.vm() + " is on " + host + " under epoch " + vm.epoch + ", not " + epoch);
    }
}
