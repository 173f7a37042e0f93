package io.portcullis.admin;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.ClusterView;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.HistoryView;
import io.portcullis.api.HostView;
import io.portcullis.api.MemberView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.OperationView;
import io.portcullis.api.PhaseView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.RebalanceView;
import io.portcullis.api.RevisionView;
import io.portcullis.api.VnicRealization;
import io.portcullis.api.VnicStatusView;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.RuleAssignment;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicReview;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A cluster in memory: real models, placements in a map, hosts host-1 and host-2. */
final class FakeServices implements AdminServices {
    /** How the last operation was to go. */
    volatile BulkCommand.Wishes wished = BulkCommand.Wishes.NONE;

    private static final List<String> HOSTS = List.of("host-1", "host-2");

    final Map<String, TenantModel> models = new TreeMap<>();
    /** By tenant and revision. */
    final Map<String, Map<String, TenantModel>> past = new TreeMap<>();

    final Map<String, List<RevisionView>> revisions = new TreeMap<>();
    final Map<VmId, PlacementView> placements = new LinkedHashMap<>();
    final Map<VmId, VmSpec> specs = new LinkedHashMap<>();
    final Map<String, MigrationView> migrations = new LinkedHashMap<>();

    /** Migrations whose VM was said to be stopped. */
    final List<String> stops = new ArrayList<>();

    Runnable onStop = () -> {};

    @Nullable
    Consumer<String> onCancel;

    boolean takesOver;
    Consumer<String> onWait = id -> {};

    /** Who asked to wait: id, phases known, milliseconds. */
    final List<String> waits = new ArrayList<>();

    /** What hosts say about flows. */
    volatile LiveHosts firewalls = (host, vnic, query) -> new FirewallAnswer.Silent(host, "nobody is there");

    volatile boolean ready = true;
    volatile boolean silent;
    volatile HitReport hitReport = HitReport.NONE;
    volatile StagedReport stagedReport = StagedReport.NONE;
    /** Somebody else changes a tenant between our reading and our writing. */
    volatile Runnable beforeNextEdit = () -> {};

    /** Of every vNIC. */
    volatile List<ConnectionInfo> connections = IntStream.range(1_000, 1_005)
            .mapToObj(port -> new ConnectionInfo(
                    6,
                    new InetSocketAddress("10.0.0.9", port),
                    new InetSocketAddress("fd00::1", 443),
                    "ESTABLISHED",
                    false,
                    0,
                    1,
                    0,
                    1,
                    2_500_000,
                    1_500_000,
                    3,
                    180))
            .toList();

    /** What hosts say of a table that is not in force. */
    volatile ReviewingHosts reviews = (host, table, vnic) -> VnicReview.unanswered(vnic, "nobody is there");
    /** Gets the number of vNICs that each question is about. */
    volatile IntConsumer onReview = vnics -> {};

    interface ReviewingHosts {
        VnicReview review(HostId host, RuleTable table, VnicId vnic);
    }

    interface LiveHosts {
        FirewallAnswer trace(HostId host, VnicId vnic, FlowQuery query);
    }

    private synchronized <T> CompletionStage<T> answer(Supplier<T> answer) {
        if (silent) {
            return CompletableFuture.failedFuture(new java.util.concurrent.TimeoutException());
        }
        try {
            return CompletableFuture.completedFuture(answer.get());
        } catch (RefusedException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private TenantModel known(TenantId tenant) {
        return Lookup.named(models, "tenant", tenant.value());
    }

    @Override
    public CompletionStage<Readiness> readiness() {
        return answer(() -> new Readiness(ready, ready ? "ready" : "the node is not Up in the cluster"));
    }

    @Override
    public CompletionStage<NodeReport> nodeReport() {
        return answer(() -> new NodeReport(
                "host-1",
                2,
                3,
                17,
                Map.of("allowed.out", 12L, "dropped.in.policy", 3L, "turns.waited", 2L),
                Map.of("COMMITTED", 5L),
                4L));
    }

    @Override
    public CompletionStage<ClusterView> cluster() {
        return answer(() -> new ClusterView(
                "portcullis",
                "0.1.0",
                "pekko://portcullis@127.0.0.1:1",
                List.of(new MemberView("127.0.0.1:1", "host-1", List.of("host"), "Up", true, true))));
    }

    @Override
    public CompletionStage<List<HostView>> hosts() {
        return answer(() -> HOSTS.stream().map(FakeServices::hostView).toList());
    }

    private static HostView hostView(String host) {
        return new HostView(host, "UP", "127.0.0.1:1", false, List.of(), 0, 100, 0, Map.of(), null);
    }

    @Override
    public CompletionStage<HitReport> hits(TenantId tenant) {
        return answer(() -> hitReport);
    }

    @Override
    public CompletionStage<StagedReport> staged(TenantId tenant) {
        return answer(() -> stagedReport);
    }

    @Override
    public CompletionStage<HostView> host(HostId host) {
        return answer(() -> hostView(existing(host)));
    }

    private static String existing(HostId host) {
        return Lookup.named(HOSTS.contains(host.value()) ? host.value() : null, "host", host.value(), HOSTS);
    }

    @Override
    public CompletionStage<EvacuationView> empty(
            HostId host, BulkOperation.Kind kind, BulkCommand.Wishes wishes, String by) {
        wished = wishes;
        return answer(() -> new EvacuationView(
                existing(host),
                "DRAINING",
                by,
                kind == BulkOperation.Kind.LEAVE,
                1,
                0,
                List.of("acme/web-1"),
                0,
                Map.of(),
                "op-1",
                null));
    }

    @Override
    public CompletionStage<EvacuationView> cancelDrain(HostId host, String by) {
        return evacuation(host);
    }

    @Override
    public CompletionStage<EvacuationView> evacuation(HostId host) {
        return answer(() ->
                new EvacuationView(existing(host), "ACTIVE", "", false, 0, 0, List.of(), 0, Map.of(), null, null));
    }

    @Override
    public CompletionStage<List<OperationView>> operations() {
        return answer(() -> List.of(inState("RUNNING")));
    }

    @Override
    public CompletionStage<OperationView> operation(String id) {
        return answer(() -> inState("RUNNING"));
    }

    @Override
    public CompletionStage<OperationView> change(String operation, BulkCommand.Change change, String by) {
        return answer(() -> inState(change.name()));
    }

    @Override
    public CompletionStage<OperationView> limit(
            String operation, @Nullable Integer parallel, @Nullable Long bytesPerSecond, String by) {
        return answer(() -> inState(parallel + " " + bytesPerSecond));
    }

    @Override
    public CompletionStage<RebalanceView> rebalance(BulkCommand.Wishes wishes, boolean dryRun, String by) {
        wished = wishes;
        return answer(() -> new RebalanceView(List.of(), List.of(), dryRun ? null : inState("RUNNING")));
    }

    private static OperationView inState(String state) {
        return new OperationView(
                "op-1", "DRAIN", "host-1", List.of(), state, 4, "NORMAL", "me", "", null, 2, 1, List.of(), 1, Map.of(),
                1_500L, List.of(), Map.of(), null, null);
    }

    @Override
    public CompletionStage<List<TenantId>> tenants() {
        return answer(() -> models.keySet().stream().map(TenantId::new).toList());
    }

    @Override
    public CompletionStage<EditOutcome> putTenant(
            TenantId tenant, ModelEdit.SetDefaults defaults, OptionalLong expected, String by) {
        synchronized (this) {
            models.putIfAbsent(tenant.value(), TenantModel.empty(tenant));
        }
        return edit(tenant, List.of(defaults), expected, by, "");
    }

    private void remember(TenantModel before, TenantModel after, String by, String note) {
        if (after.revision() > before.revision()) {
            past.computeIfAbsent(before.tenant().value(), first -> new TreeMap<>())
                    .put(Long.toString(before.revision()), before);
            revisions
                    .computeIfAbsent(before.tenant().value(), first -> new ArrayList<>())
                    .add(new RevisionView(after.revision(), "2026-01-01T00:00:00Z", by, note, "something", null));
        }
    }

    @Override
    public CompletionStage<Void> deleteTenant(TenantId tenant, String by) {
        return answer(() -> {
            if (!known(tenant).vms().isEmpty()) {
                throw new RefusedException(ProblemKind.IN_USE, "tenant " + tenant + " has VMs");
            }
            models.remove(tenant.value());
            return null;
        });
    }

    @Override
    public CompletionStage<TenantModel> model(TenantId tenant) {
        return answer(() -> known(tenant));
    }

    @Override
    public CompletionStage<TenantModel> model(TenantId tenant, long revision) {
        return answer(() -> {
            TenantModel model = known(tenant);
            return revision == model.revision()
                    ? model
                    : Lookup.named(past.getOrDefault(tenant.value(), Map.of()), "revision", Long.toString(revision));
        });
    }

    @Override
    public CompletionStage<HistoryView> history(TenantId tenant, long before, int limit) {
        return answer(() -> {
            TenantModel model = known(tenant);
            List<RevisionView> newestFirst =
                    revisions.getOrDefault(tenant.value(), List.of()).reversed();
            return new HistoryView(
                    tenant.value(),
                    model.revision(),
                    0,
                    newestFirst.stream()
                            .filter(each -> each.revision() < before)
                            .limit(limit)
                            .toList());
        });
    }

    @Override
    public CompletionStage<EditOutcome> check(TenantId tenant, List<ModelEdit> edits, OptionalLong expected) {
        return answer(() -> {
            TenantModel model = known(tenant);
            if (expected.isPresent() && expected.getAsLong() != model.revision()) {
                return new EditOutcome.Stale(model.revision());
            }
            return switch (model.apply(edits)) {
                case EditResult.Accepted(TenantModel next, boolean changed) ->
                    new EditOutcome.Applied(next.revision(), changed);
                case EditResult.Refused refused -> new EditOutcome.Rejected(refused.problems());
            };
        });
    }

    @Override
    public CompletionStage<EditOutcome> edit(
            TenantId tenant, List<ModelEdit> edits, OptionalLong expected, String by, String note) {
        Runnable before = beforeNextEdit;
        beforeNextEdit = () -> {};
        before.run();
        return answer(() -> {
            TenantModel model = known(tenant);
            if (expected.isPresent() && expected.getAsLong() != model.revision()) {
                return new EditOutcome.Stale(model.revision());
            }
            return switch (model.apply(edits)) {
                case EditResult.Accepted accepted -> {
                    remember(model, accepted.model(), by, note);
                    models.put(tenant.value(), accepted.model());
                    yield new EditOutcome.Applied(accepted.model().revision(), accepted.changed());
                }
                case EditResult.Refused refused -> new EditOutcome.Rejected(refused.problems());
            };
        });
    }

    @Override
    public CompletionStage<TableInForce> rules(VnicId vnic) {
        return answer(() -> {
            TenantModel model = known(vnic.tenant());
            return new TableInForce(model.revision(), new PolicyCompiler().compile(model, vnic));
        });
    }

    @Override
    public CompletionStage<Map<VnicId, RuleAssignment>> assignments(TenantId tenant, Set<VnicId> vnics) {
        return answer(() -> {
            TenantModel model = known(tenant);
            Map<VnicId, RuleAssignment> assignments = new HashMap<>();
            vnics.forEach(vnic -> assignments.put(
                    vnic,
                    new RuleAssignment(
                            model.revision(),
                            new PolicyCompiler().compile(model, vnic).hash())));
            return assignments;
        });
    }

    @Override
    public CompletionStage<RealizationView> realization(TenantId tenant, OptionalLong asked, Duration wait) {
        return answer(() -> {
            long current = known(tenant).revision();
            boolean realized = current >= asked.orElse(current);
            return new RealizationView(
                    tenant.value(),
                    asked.orElse(current),
                    current,
                    realized,
                    specs.values().stream()
                            .flatMap(spec -> spec.vnicIds().stream())
                            .map(vnic -> new VnicRealization(vnic.toString(), "host-1", current, realized))
                            .toList());
        });
    }

    @Override
    public CompletionStage<PlacementView> placement(VmId vm) {
        return answer(() -> placements.getOrDefault(vm, Views.NOWHERE));
    }

    @Override
    public CompletionStage<PlacementView> findPlacement(VmId vm) {
        return placement(vm);
    }

    @Override
    public CompletionStage<Map<VmId, PlacementView>> placements(TenantId tenant) {
        return answer(() -> Map.copyOf(placements));
    }

    @Override
    public boolean wantsReplica(Vm vm) {
        return vm.tags().contains(new Tag("replica", "wanted"));
    }

    @Override
    public CompletionStage<PlacementView> attach(VmSpec vm, HostId host, String by) {
        return answer(() -> {
            existing(host);
            if (placements.containsKey(vm.vm()) && !takesOver) {
                throw new RefusedException(ProblemKind.WRONG_STATE, vm.vm() + " is attached already");
            }
            PlacementView placement = new PlacementView(host.value(), 1, "PLACED", null);
            placements.put(vm.vm(), placement);
            specs.put(vm.vm(), vm);
            return placement;
        });
    }

    @Override
    public CompletionStage<PlacementView> detach(VmId vm, String by) {
        return answer(() -> {
            placements.remove(vm);
            specs.remove(vm);
            return new PlacementView(null, 2, "DETACHED", null);
        });
    }

    @Override
    public CompletionStage<Optional<VnicStatusView>> vnicStatus(HostId host, VnicId vnic) {
        return answer(() -> Optional.of(new VnicStatusView(
                host.value(), 1, "ENFORCING", "abc", known(vnic.tenant()).revision(), 2, Map.of("allowed.in", 4L))));
    }

    @Override
    public CompletionStage<List<ConnectionInfo>> connections(HostId host, VnicId vnic, int limit) {
        return answer(() -> connections.stream().limit(limit).toList());
    }

    @Override
    public CompletionStage<FirewallAnswer> trace(HostId host, VnicId vnic, FlowQuery query) {
        return CompletableFuture.completedFuture(firewalls.trace(host, vnic, query));
    }

    @Override
    public CompletionStage<List<VnicReview>> review(
            HostId host, RuleTable candidate, List<VnicId> vnics, int maxExamples) {
        onReview.accept(vnics.size());
        return CompletableFuture.completedFuture(vnics.stream()
                .map(vnic -> reviews.review(host, candidate, vnic))
                .toList());
    }

    @Override
    public CompletionStage<MigrationView> migrate(VmId vm, HostId to, String by) {
        return begin(vm, to, MigrationView.PRODUCT, by);
    }

    @Override
    public CompletionStage<MigrationView> hypervise(VmId vm, HostId to, String by) {
        return begin(vm, to, MigrationView.HYPERVISOR, by);
    }

    @Override
    public CompletionStage<Void> vmStopped(VmId vm, String id) {
        return answer(() -> {
            stops.add(id);
            onStop.run();
            return null;
        });
    }

    private CompletionStage<MigrationView> begin(VmId vm, HostId to, String mover, String by) {
        return answer(() -> {
            existing(to);
            PlacementView placement = Lookup.named(
                    placements.get(vm),
                    "attached VM",
                    vm.toString(),
                    placements.keySet().stream().map(VmId::toString).toList());
            if (to.value().equals(placement.host())) {
                throw new RefusedException(ProblemKind.SAME_HOST, vm + " is on " + to + " already");
            }
            MigrationView view = new MigrationView(
                    "m-" + (migrations.size() + 1),
                    vm.toString(),
                    String.valueOf(placement.host()),
                    to.value(),
                    "RUNNING",
                    "RESERVING",
                    by,
                    "2026-01-01T00:00:00Z",
                    null,
                    null,
                    null,
                    mover,
                    List.of(new PhaseView("RESERVING", "2026-01-01T00:00:00Z")));
            migrations.put(view.id(), view);
            placements.put(vm, new PlacementView(view.from(), 1, "RESERVING", view.id()));
            return view;
        });
    }

    @Override
    public CompletionStage<HostId> checkMigration(VmId vm, HostId to, String by) {
        return answer(() -> {
            existing(to);
            PlacementView placement = placements.get(vm);
            if (placement == null || to.value().equals(placement.host())) {
                throw new RefusedException(ProblemKind.SAME_HOST, vm + " is on " + to + " already");
            }
            return new HostId(String.valueOf(placement.host()));
        });
    }

    @Override
    public CompletionStage<MigrationView> migration(String id, int phases, Duration wait) {
        waits.add(id + " " + phases + " " + wait.toMillis());
        onWait.accept(id);
        return migration(id);
    }

    @Override
    public CompletionStage<List<MigrationView>> migrations(Optional<VmId> vm, int limit) {
        return answer(() -> List.copyOf(migrations.values()).reversed().stream()
                .filter(each -> vm.isEmpty() || each.vm().equals(vm.get().toString()))
                .limit(limit)
                .toList());
    }

    @Override
    public CompletionStage<MigrationView> migration(String id) {
        return answer(() -> Lookup.named(migrations, "migration", id));
    }

    @Override
    public CompletionStage<MigrationView> cancel(String id, String by) {
        return answer(() -> {
            Lookup.named(migrations, "migration", id);
            if (onCancel != null) {
                onCancel.accept(id);
                return Lookup.named(migrations, "migration", id);
            }
            throw new RefusedException(ProblemKind.TOO_LATE, "the hand-over of " + id + " has begun");
        });
    }
}
