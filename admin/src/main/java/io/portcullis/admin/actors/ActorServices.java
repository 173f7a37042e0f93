package io.portcullis.admin.actors;

import io.portcullis.admin.AdminServices;
import io.portcullis.admin.EditOutcome;
import io.portcullis.admin.FirewallAnswer;
import io.portcullis.admin.HitReport;
import io.portcullis.admin.NodeReport;
import io.portcullis.admin.Readiness;
import io.portcullis.admin.StagedReport;
import io.portcullis.admin.TableInForce;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.ClusterView;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.HistoryView;
import io.portcullis.api.HostView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.OperationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.RebalanceView;
import io.portcullis.api.VnicStatusView;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.PlacementReply;
import io.portcullis.migration.ReplicaDefault;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.Mover;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.RuleAssignment;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicReview;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** The API's view of a real cluster. Thread-safe; keeps nothing but what makes an answer quicker. */
public final class ActorServices implements AdminServices {
    private final ClusterAccess access;
    private final Tenants tenants;
    private final Firewalls firewalls;
    private final FlowReviews reviews;
    private final Hosts hosts;
    private final BulkMoves bulk;
    private final HostCounts counts;
    private final Migrations migrations;
    private final Members members;
    private final Placements placements;
    private final ReplicaDefault replicaDefault;

    /**
     * @param askTimeout longest wait for an actor's answer; attaching a VM may take as long
     */
    public ActorServices(ActorSystem<?> system, ClusterAccess access, Duration askTimeout) {
        this.access = access;
        Asking asking = new Asking(system, askTimeout, access.database());
        this.tenants = new Tenants(system, access.vnics(), asking);
        this.firewalls = new Firewalls(access.vnics(), asking);
        this.reviews = new FlowReviews(access.vnics(), asking);
        this.hosts = new Hosts(access, asking);
        this.bulk = new BulkMoves(access, asking, hosts);
        this.counts = new HostCounts(access, asking);
        this.migrations = new Migrations(access, asking);
        this.members = new Members(system, access.version());
        this.placements = new Placements(access, asking, hosts, tenants);
        this.replicaDefault = ReplicaDefault.of(system.settings().config());
    }

    @Override
    public CompletionStage<Readiness> readiness() {
        if (!members.selfIsUp()) {
            return CompletableFuture.completedFuture(new Readiness(false, "the node is not Up in the cluster"));
        }
        HostId self = access.self();
        if (self == null) {
            return CompletableFuture.completedFuture(new Readiness(true, "ready, without a host"));
        }
        return hosts.status(self).handle((status, failure) -> {
            if (status == null) {
                return new Readiness(false, "the host agent does not answer");
            }
            return status.recovered()
                    ? new Readiness(true, "ready")
                    : new Readiness(false, "the host still attaches what it had before its last stop");
        });
    }

    @Override
    public CompletionStage<NodeReport> nodeReport() {
        HostId self = access.self();
        if (self == null) {
            return CompletableFuture.completedFuture(new NodeReport("", 0, 0, 0, Map.of(), Map.of(), null));
        }
        CompletionStage<Map<String, Long>> outcomes = migrations.outcomes(self).exceptionally(storeIsDown -> Map.of());
        CompletionStage<Optional<Long>> down =
                hosts.vmsDown().<Optional<Long>>thenApply(Optional::of).exceptionally(storeIsDown -> Optional.empty());
        return hosts.status(self)
                .thenCombine(
                        outcomes.thenCombine(down, Map::entry),
                        (status, known) -> new NodeReport(
                                self.value(),
                                status.vms().size(),
                                status.vnicCount(),
                                Hosts.connections(status),
                                counters(status),
                                known.getKey(),
                                known.getValue().orElse(null)));
    }

    private Map<String, Long> counters(HostReply.HostStatus status) {
        Map<String, Long> all = new TreeMap<>(Hosts.counters(status));
        all.putAll(access.counters().get());
        return all;
    }

    @Override
    public CompletionStage<ClusterView> cluster() {
        return CompletableFuture.completedFuture(members.view());
    }

    @Override
    public CompletionStage<List<HostView>> hosts() {
        return hosts.all();
    }

    @Override
    public CompletionStage<StagedReport> staged(TenantId tenant) {
        return counts.staged(tenant);
    }

    @Override
    public CompletionStage<HitReport> hits(TenantId tenant) {
        return tenant.equals(TenantId.PROVIDER) ? tenants.names().thenCompose(counts::hits) : counts.hits(tenant);
    }

    @Override
    public CompletionStage<HostView> host(HostId host) {
        return hosts.one(host);
    }

    @Override
    public CompletionStage<EvacuationView> empty(
            HostId host, BulkOperation.Kind kind, BulkCommand.Wishes wishes, String by) {
        return bulk.empty(host, kind, wishes, by);
    }

    @Override
    public CompletionStage<EvacuationView> cancelDrain(HostId host, String by) {
        return bulk.stopDrain(host, by);
    }

    @Override
    public CompletionStage<EvacuationView> evacuation(HostId host) {
        return bulk.evacuation(host);
    }

    @Override
    public CompletionStage<List<OperationView>> operations() {
        return bulk.list();
    }

    @Override
    public CompletionStage<OperationView> operation(String id) {
        return bulk.find(id);
    }

    @Override
    public CompletionStage<OperationView> change(String operation, BulkCommand.Change change, String by) {
        return bulk.change(operation, change, by);
    }

    @Override
    public CompletionStage<OperationView> limit(
            String operation, @Nullable Integer parallel, @Nullable Long bytesPerSecond, String by) {
        return bulk.limit(operation, parallel, bytesPerSecond, by);
    }

    @Override
    public CompletionStage<RebalanceView> rebalance(BulkCommand.Wishes wishes, boolean dryRun, String by) {
        return bulk.rebalance(wishes, dryRun, by);
    }

    @Override
    public CompletionStage<List<TenantId>> tenants() {
        return tenants.names();
    }

    @Override
    public CompletionStage<EditOutcome> putTenant(
            TenantId tenant, ModelEdit.SetDefaults defaults, OptionalLong expectedRevision, String by) {
        return tenants.put(tenant, defaults, expectedRevision, by);
    }

    @Override
    public CompletionStage<Void> deleteTenant(TenantId tenant, String by) {
        return tenants.delete(tenant, by).thenCompose(done -> counts.forget(tenant));
    }

    @Override
    public CompletionStage<TenantModel> model(TenantId tenant) {
        return tenants.model(tenant);
    }

    @Override
    public CompletionStage<TenantModel> model(TenantId tenant, long revision) {
        return tenants.model(tenant, revision);
    }

    @Override
    public CompletionStage<HistoryView> history(TenantId tenant, long before, int limit) {
        return tenants.history(tenant, before, limit);
    }

    @Override
    public CompletionStage<EditOutcome> edit(
            TenantId tenant, List<ModelEdit> edits, OptionalLong expectedRevision, String by, String note) {
        return tenants.edit(tenant, edits, expectedRevision, by, note);
    }

    @Override
    public CompletionStage<EditOutcome> check(TenantId tenant, List<ModelEdit> edits, OptionalLong expectedRevision) {
        return tenants.check(tenant, edits, expectedRevision);
    }

    @Override
    public CompletionStage<TableInForce> rules(VnicId vnic) {
        return tenants.rules(vnic);
    }

    @Override
    public CompletionStage<Map<VnicId, RuleAssignment>> assignments(TenantId tenant, Set<VnicId> vnics) {
        return tenants.assignments(tenant, vnics);
    }

    @Override
    public CompletionStage<RealizationView> realization(TenantId tenant, OptionalLong revision, Duration wait) {
        return tenants.realization(tenant, revision, wait);
    }

    @Override
    public CompletionStage<PlacementView> placement(VmId vm) {
        return placements.ask(vm);
    }

    @Override
    public CompletionStage<PlacementView> findPlacement(VmId vm) {
        return placements.find(vm);
    }

    @Override
    public CompletionStage<Map<VmId, PlacementView>> placements(TenantId tenant) {
        return placements.of(tenant);
    }

    @Override
    public boolean wantsReplica(Vm vm) {
        return replicaDefault.wanted(vm.tags());
    }

    @Override
    public CompletionStage<PlacementView> attach(VmSpec vm, HostId host, String by) {
        return migrations
                .ask(vm.vm(), replyTo -> new PlacementCommand.AttachVm(vm, host, by, replyTo))
                .thenApply(reply -> switch (reply) {
                    case PlacementReply.Attached(var placement) -> placements.view(placement);
                    case PlacementReply.Refused(var code, String message) -> throw Asking.refused(code, message);
                    default -> throw Asking.unexpected(reply);
                })
                .exceptionallyCompose(
                        failure -> unlessUnknown(failure, ProblemKind.UNKNOWN::equals, () -> hosts.requireKnown(host)));
    }

    @Override
    public CompletionStage<PlacementView> detach(VmId vm, String by) {
        return migrations
                .ask(vm, replyTo -> new PlacementCommand.DetachVm(by, replyTo))
                .thenCompose(reply -> switch (reply) {
                    case PlacementReply.Detached _ -> placement(vm);
                    case PlacementReply.Refused(var code, String message) -> throw Asking.refused(code, message);
                    default -> throw Asking.unexpected(reply);
                });
    }

    @Override
    public CompletionStage<Optional<VnicStatusView>> vnicStatus(HostId host, VnicId vnic) {
        return firewalls.status(host, vnic);
    }

    @Override
    public CompletionStage<List<ConnectionInfo>> connections(HostId host, VnicId vnic, int limit) {
        return firewalls.connections(host, vnic, limit);
    }

    @Override
    public CompletionStage<FirewallAnswer> trace(HostId host, VnicId vnic, FlowQuery query) {
        return firewalls.trace(host, vnic, query);
    }

    @Override
    public CompletionStage<List<VnicReview>> review(
            HostId host, RuleTable candidate, List<VnicId> vnics, int maxExamples) {
        return reviews.review(host, candidate, vnics, maxExamples);
    }

    @Override
    public CompletionStage<MigrationView> migrate(VmId vm, HostId to, String by) {
        return unlessUnknown(vm, to, migrations.begin(vm, to, Mover.PRODUCT, by));
    }

    @Override
    public CompletionStage<MigrationView> hypervise(VmId vm, HostId to, String by) {
        return unlessUnknown(vm, to, migrations.begin(vm, to, Mover.HYPERVISOR, by));
    }

    @Override
    public CompletionStage<Void> vmStopped(VmId vm, String id) {
        return migrations.vmStopped(vm, id);
    }

    @Override
    public CompletionStage<HostId> checkMigration(VmId vm, HostId to, String by) {
        return unlessUnknown(vm, to, migrations.check(vm, to, by));
    }

    private <T> CompletionStage<T> unlessUnknown(VmId vm, HostId to, CompletionStage<T> answer) {
        return answer.exceptionallyCompose(failure -> unlessUnknown(
                failure,
                kind -> kind == ProblemKind.WRONG_STATE || kind == ProblemKind.UNKNOWN,
                () -> hosts.requireKnown(to).thenCompose(known -> tenants.requireVm(vm))));
    }

    /**
     * The placement waits for a host that has just joined, so it is asked first. Where it refuses in a way that something unknown may
     * explain, {@code require} fails with that, said so that it helps.
     */
    private static <T> CompletionStage<T> unlessUnknown(
            Throwable failure, Predicate<ProblemKind> mayBeUnknown, Supplier<? extends CompletionStage<?>> require) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        CompletionStage<T> refused = CompletableFuture.failedFuture(cause);
        return cause instanceof RefusedException refusal && mayBeUnknown.test(refusal.kind())
                ? require.get().thenCompose(known -> refused)
                : refused;
    }

    @Override
    public CompletionStage<List<MigrationView>> migrations(Optional<VmId> vm, int limit) {
        return migrations.list(vm, limit);
    }

    @Override
    public CompletionStage<MigrationView> migration(String id) {
        return migrations.find(id);
    }

    @Override
    public CompletionStage<MigrationView> migration(String id, int phases, Duration wait) {
        return migrations.await(id, phases, wait);
    }

    @Override
    public CompletionStage<MigrationView> cancel(String id, String by) {
        return migrations.cancel(id, by);
    }
}
