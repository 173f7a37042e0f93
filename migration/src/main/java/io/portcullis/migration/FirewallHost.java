package io.portcullis.migration;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.ImportReport;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.migration.model.Restored;
import io.portcullis.migration.model.TakingBack;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.FirewallState;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicActors;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/** The own host through its agent and its firewalls. Thread-safe. */
final class FirewallHost implements VmHost {
    private final HostId host;
    private final VnicActors vnics;
    private final ActorSystem<?> system;
    private final MigrationSettings settings;

    private final ReplicaTakeIn replicas;
    private final ReplicaCounters counters;
    private final ArrivingTables arriving;

    FirewallHost(
            HostId host,
            VnicActors vnics,
            ActorSystem<?> system,
            MigrationSettings settings,
            ReplicaTakeIn replicas,
            ReplicaCounters counters,
            ArrivingTables arriving) {
        this.arriving = arriving;
        this.replicas = replicas;
        this.counters = counters;
        this.host = host;
        this.vnics = vnics;
        this.system = system;
        this.settings = settings;
    }

    @Override
    public HostId host() {
        return host;
    }

    @Override
    public CompletionStage<Void> wouldTake(VmSpec spec) {
        return askHost(
                        settings.checkTimeout(),
                        HostReply.Admissible.class,
                        replyTo -> new HostCommand.CheckAdmission(spec, replyTo))
                .thenAccept(reply -> {});
    }

    @Override
    public CompletionStage<AgentCommand.HostLoad> load(List<VmId> besides) {
        return askHost(settings.checkTimeout(), HostReply.HostStatus.class, HostCommand.GetHost::new)
                .thenApply(status -> new AgentCommand.HostLoad(
                        host,
                        status.vms().stream()
                                .filter(vm -> !besides.contains(vm.spec().vm()))
                                .map(FirewallHost::weight)
                                .toList(),
                        status.limits().maxVnics(),
                        status.recovered() && !status.draining()));
    }

    private static AgentCommand.VmWeight weight(HostReply.HostedVm vm) {
        return new AgentCommand.VmWeight(
                vm.spec().vm(),
                vm.spec().vnics().size(),
                vm.vnics().stream().mapToLong(VnicStatus::connections).sum(),
                vm.vnics().stream()
                        .mapToLong(vnic -> vnic.counters().getOrDefault("allowed.in", 0L)
                                + vnic.counters().getOrDefault("allowed.out", 0L))
                        .sum());
    }

    @Override
    public CompletionStage<Void> setDraining(boolean draining) {
        return askHost(
                        settings.checkTimeout(),
                        HostReply.DrainingSet.class,
                        replyTo -> new HostCommand.SetDraining(draining, replyTo))
                .thenAccept(reply -> {});
    }

    @Override
    public CompletionStage<Void> attach(VmSpec spec, long epoch) {
        return attach(spec, epoch, true).thenAccept(reply -> {});
    }

    @Override
    public CompletionStage<Restored> takeOver(VmSpec spec, long epoch, @Nullable ReplicaPlace place) {
        if (place == null) {
            return attach(spec, epoch).thenApply(_ -> Restored.nothing("it had no replica"));
        }
        return replicas.get(spec, place)
                .thenCompose(replica -> askHost(
                                settings.attachTimeout(),
                                HostReply.VmAttached.class,
                                replyTo -> new HostCommand.TakeOverVm(
                                        new HostCommand.AttachVm(spec, epoch, true, replyTo), replica.checkpoints()))
                        .thenApply(attached -> restored(place, replica, attached)));
    }

    private Restored restored(ReplicaPlace place, ReplicaTakeIn.Replica replica, HostReply.VmAttached attached) {
        if (replica.checkpoints().isEmpty()) {
            counters.notTakenIn();
            return Restored.nothing(replica.problem() == null ? "its replica is empty" : replica.problem());
        }
        int connections = attached.vnics().stream()
                .filter(vnic -> replica.checkpoints().containsKey(vnic.vnic()))
                .mapToInt(VnicStatus::connections)
                .sum();
        counters.takenIn(connections);
        return new Restored(place.host(), connections, replica.ageMillis(), replica.problem());
    }

    @Override
    public CompletionStage<Long> admit(VmSpec spec, long epoch) {
        return attach(spec, epoch, false).thenApply(HostReply.VmAttached::policyRevision);
    }

    private CompletionStage<HostReply.VmAttached> attach(VmSpec spec, long epoch, boolean enforce) {
        return askHost(
                settings.attachTimeout(),
                HostReply.VmAttached.class,
                replyTo -> new HostCommand.AttachVm(spec, epoch, enforce, replyTo));
    }

    @Override
    public CompletionStage<Void> detach(VmSpec spec, long epoch) {
        return detach(spec, epoch, true);
    }

    @Override
    public CompletionStage<Void> clear(VmSpec spec, long epoch) {
        return detach(spec, epoch, false);
    }

    private CompletionStage<Void> detach(VmSpec spec, long epoch, boolean hasEnforced) {
        arriving.forget(spec.vnicIds());
        return askHost(
                        settings.releaseTimeout(),
                        HostReply.VmGone.class,
                        replyTo -> new HostCommand.DetachVm(spec, epoch, hasEnforced, replyTo))
                .thenAccept(reply -> {});
    }

    @Override
    public CompletionStage<CutoverTarget> expectCutover(VnicId vnic, long epoch) {
        return askFirewall(
                        vnic,
                        settings.stepTimeout(),
                        FirewallReply.CutoverReady.class,
                        replyTo -> new FirewallCommand.PrepareCutover(epoch, replyTo))
                .thenApply(FirewallReply.CutoverReady::target);
    }

    @Override
    public CompletionStage<SealedVnic> cutOver(VnicId vnic, long epoch, CutoverTarget target) {
        return askFirewall(
                        vnic,
                        settings.cutoverTimeout(),
                        FirewallReply.Sealed.class,
                        replyTo -> new FirewallCommand.CutOver(epoch, target, replyTo))
                .thenApply(FirewallReply.Sealed::sealed);
    }

    @Override
    public CompletionStage<ExportedBatch> exportNext(VnicId vnic, long epoch, boolean isFirst, int chunkVersion) {
        return askFirewall(
                        vnic,
                        settings.stepTimeout(),
                        FirewallReply.Exported.class,
                        replyTo -> new FirewallCommand.ExportNext(epoch, isFirst, chunkVersion, replyTo))
                .thenApply(FirewallReply.Exported::batch);
    }

    @Override
    public CompletionStage<Void> endExport(VnicId vnic, long epoch) {
        return askFirewall(
                        vnic,
                        settings.stepTimeout(),
                        FirewallReply.Status.class,
                        replyTo -> new FirewallCommand.EndExport(epoch, replyTo))
                .thenAccept(reply -> {});
    }

    @Override
    public CompletionStage<TableSum> importNext(VnicId vnic, long epoch, int sequence, byte[] chunk) {
        CompletionStage<TableSum> taken = askFirewall(
                        vnic,
                        settings.stepTimeout(),
                        FirewallReply.ChunkTaken.class,
                        replyTo -> new FirewallCommand.ImportNext(epoch, sequence, chunk, replyTo))
                .thenApply(FirewallReply.ChunkTaken::here);
        return arriving.write(vnic, epoch, sequence, chunk, taken);
    }

    @Override
    public CompletionStage<Void> keepAhead(VmSpec spec, long epoch) {
        return vnics.hostAgent(host)
                .<CompletionStage<Void>>map(agent -> AskPattern.<HostCommand, HostCommand.Heads>ask(
                                agent,
                                replyTo -> new HostCommand.TellHeads(spec.vm(), epoch, replyTo),
                                settings.stepTimeout(),
                                system.scheduler())
                        .thenCompose(answer -> arriving.keep(answer.heads())))
                .orElseGet(this::unavailable);
    }

    /** The data path computes the digest over what it imported and refuses a table whose digest or count is another. */
    @Override
    public CompletionStage<ImportReport> importTable(VnicId vnic, long epoch, int firstSequence, TableSnapshot rest) {
        return askFirewall(
                        vnic,
                        settings.stepTimeout(),
                        FirewallReply.Status.class,
                        replyTo -> new FirewallCommand.ImportTable(epoch, firstSequence, rest, replyTo))
                .thenApply(reply -> new ImportReport(reply.status().connections(), rest.digest()));
    }

    @Override
    public CompletionStage<SelfActivation> arm(VnicId vnic, long epoch, String group, int size) {
        return askFirewall(
                        vnic,
                        settings.cutoverTimeout(),
                        FirewallReply.SelfActivated.class,
                        replyTo -> new FirewallCommand.Arm(epoch, group, size, replyTo))
                .thenApply(FirewallReply.SelfActivated::activation);
    }

    @Override
    public CompletionStage<Boolean> disarm(VnicId vnic, long epoch) {
        return askFirewall(
                        vnic,
                        settings.stepTimeout(),
                        FirewallReply.Disarmed.class,
                        replyTo -> new FirewallCommand.Disarm(epoch, replyTo))
                .thenApply(FirewallReply.Disarmed::enforces);
    }

    @Override
    public CompletionStage<ActivationReport> activate(
            VnicId vnic, long epoch, long forwardedFrames, long minimumRevision) {
        return askFirewall(
                        vnic,
                        settings.stepTimeout(),
                        FirewallReply.Activated.class,
                        replyTo -> new FirewallCommand.Activate(epoch, forwardedFrames, minimumRevision, replyTo))
                .thenApply(FirewallReply.Activated::report);
    }

    /** First the vNICs that took part in a cut-over, whose tables are still here; then the agent learns the epoch and attaches the rest. */
    @Override
    public CompletionStage<Void> reclaim(VmSpec spec, long newEpoch) {
        return takeBack(spec, replyTo -> new FirewallCommand.AskBack(newEpoch, replyTo))
                .thenCompose(refusals -> TakingBack.takesRestUnheard(refusals)
                        ? takeBack(spec, replyTo -> new FirewallCommand.Reclaim(newEpoch, replyTo))
                        : CompletableFuture.completedFuture(refusals))
                .thenCompose(refusals -> {
                    Refusal why = TakingBack.whyNot(spec, refusals);
                    return why == null
                            ? attach(spec, newEpoch)
                            : CompletableFuture.failedFuture(new HostRefusal(why.code(), why.message()));
                });
    }

    /** Answers why vNICs are not back, of those that are not. */
    private CompletionStage<List<Refusal>> takeBack(
            VmSpec spec, Function<ActorRef<FirewallReply>, FirewallCommand> request) {
        List<CompletableFuture<List<Refusal>>> asked = spec.vnicIds().stream()
                .map(vnic -> takeBack(vnic, request)
                        .<List<Refusal>>thenApply(_ -> List.of())
                        .exceptionally(failure -> List.of(HostRefusal.of(failure)))
                        .toCompletableFuture())
                .toList();
        return all(asked)
                .thenApply(_ ->
                        asked.stream().flatMap(vnic -> vnic.join().stream()).toList());
    }

    private CompletionStage<Void> takeBack(VnicId vnic, Function<ActorRef<FirewallReply>, FirewallCommand> request) {
        return status(vnic).thenCompose(status -> switch (status.state()) {
            case CUTTING_OVER, SEALED, ENFORCING ->
                askFirewall(vnic, settings.stepTimeout(), FirewallReply.Status.class, request)
                        .thenAccept(reply -> {});
            case UNATTACHED, PASSIVE -> CompletableFuture.<Void>completedFuture(null);
            // The order came late: what was decided after it was obeyed already.
            case RELEASED ->
                CompletableFuture.failedFuture(
                        new HostRefusal(RefusalCode.STALE_EPOCH, vnic + " was released here after its hand-over"));
        });
    }

    @Override
    public CompletionStage<Void> release(VmSpec spec, long epoch, HostId movedTo, long newEpoch) {
        return askHost(
                        settings.releaseTimeout(),
                        HostReply.VmGone.class,
                        replyTo -> new HostCommand.ReleaseVm(spec, epoch, movedTo, newEpoch, replyTo))
                .thenAccept(reply -> {});
    }

    @Override
    public CompletionStage<List<VnicStatus>> statuses(VmSpec spec) {
        List<CompletableFuture<FirewallReply.Status>> asked = spec.vnicIds().stream()
                .map(vnic -> status(vnic).toCompletableFuture())
                .toList();
        return all(asked)
                .thenApply(done -> asked.stream()
                        .map(CompletableFuture::join)
                        .filter(reply ->
                                reply.state() != FirewallState.UNATTACHED && reply.state() != FirewallState.RELEASED)
                        .map(FirewallReply.Status::status)
                        .toList());
    }

    @Override
    public CompletionStage<List<VmSpec>> waitingVms() {
        return askHost(settings.checkTimeout(), HostReply.HostStatus.class, HostCommand.GetHost::new)
                .thenApply(status -> status.vms().stream()
                        .filter(vm -> isHandedOver(vm.vnics()) || !isEnforced(vm.vnics()))
                        .map(HostReply.HostedVm::spec)
                        .toList());
    }

    private static boolean isHandedOver(List<VnicStatus> vnics) {
        return vnics.stream().anyMatch(vnic -> vnic.mode() == VnicMode.SEALED || vnic.mode() == VnicMode.CUTTING);
    }

    private static boolean isEnforced(List<VnicStatus> vnics) {
        return vnics.stream().anyMatch(vnic -> vnic.mode() == VnicMode.ENFORCING);
    }

    private CompletionStage<FirewallReply.Status> status(VnicId vnic) {
        return askFirewall(vnic, settings.stepTimeout(), FirewallReply.class, FirewallCommand.GetStatus::new)
                .thenApply(reply -> switch (reply) {
                    case FirewallReply.Status status -> status;
                    case FirewallReply.Moved moved ->
                        new FirewallReply.Status(
                                host,
                                FirewallState.RELEASED,
                                new VnicStatus(vnic, moved.epoch(), VnicMode.PASSIVE, "", 0, 0, Map.of()));
                    default -> throw new HostRefusal(RefusalCode.WRONG_STATE, vnic + " answered " + reply);
                });
    }

    private <T extends FirewallReply> CompletionStage<T> askFirewall(
            VnicId vnic,
            Duration limit,
            Class<T> expected,
            Function<ActorRef<FirewallReply>, FirewallCommand> request) {
        return vnics.firewall(host, vnic)
                .<CompletionStage<T>>map(firewall -> AskPattern.<FirewallCommand, FirewallReply>ask(
                                firewall, request::apply, limit, system.scheduler())
                        .thenApply(reply -> {
                            if (reply instanceof Refused refused) {
                                throw new HostRefusal(refused.code(), refused.message());
                            }
                            return expect(vnic, expected, reply);
                        }))
                .orElseGet(this::unavailable);
    }

    private <T extends HostReply> CompletionStage<T> askHost(
            Duration limit, Class<T> expected, Function<ActorRef<HostReply>, HostCommand> request) {
        return vnics.hostAgent(host)
                .<CompletionStage<T>>map(agent -> AskPattern.<HostCommand, HostReply>ask(
                                agent, request::apply, limit, system.scheduler())
                        .thenApply(reply -> {
                            if (reply instanceof Refused refused) {
                                throw new HostRefusal(refused.code(), refused.message());
                            }
                            return expect(host, expected, reply);
                        }))
                .orElseGet(this::unavailable);
    }

    private static <T> T expect(Object who, Class<T> expected, Object reply) {
        if (expected.isInstance(reply)) {
            return expected.cast(reply);
        }
        throw new HostRefusal(RefusalCode.WRONG_STATE, who + " answered " + reply);
    }

    private <T> CompletionStage<T> unavailable() {
        return CompletableFuture.failedFuture(
                new HostRefusal(RefusalCode.HOST_UNAVAILABLE, "host " + host + " is not up"));
    }

    private static CompletionStage<Void> all(List<? extends CompletionStage<?>> stages) {
        return CompletableFuture.allOf(
                stages.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture<?>[]::new));
    }
}
