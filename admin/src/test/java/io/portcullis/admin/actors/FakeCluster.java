package io.portcullis.admin.actors;

import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.ReplicaCommand;
import io.portcullis.persistence.DatabaseHealth;
import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.FirewallState;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.HostLimits;
import io.portcullis.vnic.HostNode;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.ModelVersion;
import io.portcullis.vnic.RegistryCommand;
import io.portcullis.vnic.RuleAssignment;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantEdit;
import io.portcullis.vnic.TenantReply;
import io.portcullis.vnic.VnicActors;
import io.portcullis.vnic.parcel.Parcels;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.UniqueAddress;
import org.jspecify.annotations.Nullable;

/** Actors that answer as a test tells them to; tenants are real models. Hosts host-1 and host-2 are up. */
final class FakeCluster implements VnicActors, HostDirectory, PlacementDirectory, MigrationLog {
    private static final Address ADDRESS = new Address("pekko", "portcullis", "127.0.0.1", 7355);

    final Map<HostId, HostNode> up = new ConcurrentHashMap<>();
    final Map<TenantId, TenantModel> models = new ConcurrentHashMap<>();
    /** What tenants answer to requests that this cluster does not answer by itself. */
    final Map<Class<?>, TenantReply> replies = new ConcurrentHashMap<>();

    final List<PlacementRow> placements = new CopyOnWriteArrayList<>();
    final List<MigrationRow> migrations = new CopyOnWriteArrayList<>();
    volatile Consumer<PlacementCommand> onPlacement = command -> {};
    volatile Consumer<BulkCommand> onBulk = command -> {};
    volatile Consumer<FirewallCommand> onFirewall = command -> {};
    /** Of any host. */
    volatile Consumer<ReplicaCommand> onReplicas = command -> {};

    volatile boolean hostsAreSilent;
    volatile boolean tenantsAreSilent;
    /** Of the database; the directory cannot be read then. */
    volatile DatabaseHealth.@Nullable Outage outage;
    /** What each host says that it enforces. */
    final Map<HostId, Map<String, Long>> enforced = new ConcurrentHashMap<>();
    /** What hosts wrote that they had counted. */
    final FakeRuleHitStore ruleHits = new FakeRuleHitStore();
    /** What the agent of any host answers. */
    volatile TenantHits hits = TenantHits.NONE;

    volatile boolean inPieces;
    /** Of which tenants agents were told to forget the counts. */
    final List<TenantId> forgotten = new CopyOnWriteArrayList<>();

    private final ActorRef<PlacementCommand> placement;
    private final ActorRef<BulkCommand> operations;
    private final ActorRef<FirewallCommand> firewall;
    private final ActorRef<HostCommand> agent;
    private final ActorRef<ReplicaCommand> replicas;
    private final ActorRef<RegistryCommand> registry;
    private final ActorTestKit kit;

    FakeCluster(ActorTestKit kit) {
        this.kit = kit;
        for (String name : List.of("host-1", "host-2")) {
            HostId host = new HostId(name);
            up.put(host, new HostNode(host, new UniqueAddress(ADDRESS, 1L), "Up", true));
        }
        placement = listening(command -> onPlacement.accept(command));
        operations = listening(command -> onBulk.accept(command));
        firewall = listening(command -> onFirewall.accept(command));
        agent = listening(this::host);
        replicas = listening(command -> onReplicas.accept(command));
        registry = listening(this::registry);
    }

    private <T> ActorRef<T> listening(Consumer<T> listener) {
        return kit.spawn(Behaviors.receiveMessage(message -> {
            listener.accept(message);
            return Behaviors.same();
        }));
    }

    ClusterAccess access() {
        return new ClusterAccess(
                this,
                vm -> placement,
                operations,
                this,
                this,
                ruleHits,
                () -> Optional.ofNullable(outage),
                host -> up.containsKey(host) ? Optional.of(replicas) : Optional.empty(),
                new HostId("host-1"),
                "test",
                Map::of);
    }

    private void host(HostCommand command) {
        if (command instanceof HostCommand.GetHits get && !hostsAreSilent) {
            HostReply answer = new HostReply.Hits(new HostId("any"), hits);
            get.replyTo()
                    .tell(
                            inPieces
                                    ? new HostReply.InPieces(
                                            Parcels.get(kit.system()).hold(answer))
                                    : answer);
        }
        if (command instanceof HostCommand.ForgetHits forget) {
            forgotten.add(forget.tenant());
        }
        if (command instanceof HostCommand.GetHost get && !hostsAreSilent) {
            get.replyTo()
                    .tell(new HostReply.HostStatus(
                            new HostId("host-1"),
                            false,
                            true,
                            List.of(),
                            new HostLimits(10, 100),
                            Map.of("uplink.in", 9L)));
        }
    }

    private void enforcing(HostId host, HostCommand command) {
        if (command instanceof HostCommand.GetEnforced get) {
            get.replyTo().tell(new HostReply.Enforced(host, enforced.getOrDefault(host, Map.of())));
        } else {
            host(command);
        }
    }

    private void registry(RegistryCommand command) {
        if (command instanceof RegistryCommand.ListTenants list) {
            TreeSet<String> names = new TreeSet<>();
            models.keySet().forEach(tenant -> names.add(tenant.value()));
            list.replyTo().tell(new RegistryCommand.Tenants(names));
        }
    }

    private void tenant(TenantId tenant, TenantCommand command) {
        if (tenantsAreSilent) {
            return;
        }
        TenantModel model = models.get(tenant);
        switch (command) {
            case TenantCommand.PutTenant put -> {
                TenantModel before = model == null ? TenantModel.empty(tenant) : model;
                put.replyTo()
                        .tell(apply(
                                before,
                                List.of(new ModelEdit.SetDefaults(
                                        put.defaultAction(), put.looseTracking(), put.timeouts()))));
            }
            case TenantCommand.Request request
            when model == null -> request.replyTo().tell(new TenantReply.UnknownTenant(tenant));
            case TenantCommand.GetModel get ->
                get.replyTo().tell(new TenantReply.Model(model, new ModelVersion(1, model.revision())));
            case TenantCommand.Edit edit -> {
                Long expected = edit.expectedRevision();
                edit.replyTo()
                        .tell(
                                expected != null && expected != model.revision()
                                        ? new TenantReply.StaleRevision(model.revision())
                                        : apply(model, edits(edit)));
            }
            case TenantCommand.GetRuleTables get -> {
                VnicId vnic = get.vnics().iterator().next();
                RuleTable table = new PolicyCompiler().compile(model, vnic);
                get.replyTo()
                        .tell(new TenantReply.Rules(
                                model.revision(),
                                Map.of(vnic, new RuleAssignment(model.revision(), table.hash())),
                                List.of(table)));
            }
            case TenantCommand.Request request -> {
                TenantReply reply = replies.get(request.getClass());
                if (reply != null) {
                    request.replyTo().tell(reply);
                }
            }
            default -> {}
        }
    }

    private static List<ModelEdit> edits(TenantCommand.Edit command) {
        List<ModelEdit> edits = new ArrayList<>();
        for (TenantEdit edit : command.edits()) {
            edits.add(((TenantEdit.Change) edit).edit());
        }
        return edits;
    }

    private TenantReply apply(TenantModel model, List<ModelEdit> edits) {
        return switch (model.apply(edits)) {
            case EditResult.Accepted accepted -> {
                models.put(model.tenant(), accepted.model());
                yield new TenantReply.Applied(accepted.model().revision(), accepted.changed());
            }
            case EditResult.Refused refused -> new TenantReply.Rejected(refused.problems());
        };
    }

    static FirewallReply.Status enforcing(VnicId vnic) {
        return new FirewallReply.Status(
                new HostId("host-1"),
                FirewallState.ENFORCING,
                new VnicStatus(
                        vnic, 3, io.portcullis.datapath.runtime.VnicMode.ENFORCING, "ab", 7, 2, new TreeMap<>()));
    }

    @Override
    public HostDirectory hosts() {
        return this;
    }

    @Override
    public Optional<RecipientRef<FirewallCommand>> firewall(HostId host, VnicId vnic) {
        return up.containsKey(host) ? Optional.of(firewall) : Optional.empty();
    }

    @Override
    public Optional<ActorRef<HostCommand>> hostAgent(HostId host) {
        return up.containsKey(host)
                ? Optional.of(enforced.containsKey(host) ? listening(command -> enforcing(host, command)) : agent)
                : Optional.empty();
    }

    @Override
    public RecipientRef<TenantCommand> tenantPolicy(TenantId tenant) {
        return listening(command -> tenant(tenant, command));
    }

    @Override
    public RecipientRef<RegistryCommand> tenantRegistry() {
        return registry;
    }

    @Override
    public Optional<HostNode> find(HostId host) {
        return Optional.ofNullable(up.get(host));
    }

    @Override
    public Map<HostId, HostNode> all() {
        return Map.copyOf(up);
    }

    @Override
    public CompletionStage<Boolean> put(PlacementRow row) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Boolean> remove(VmId vm, long epoch) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Optional<PlacementRow>> find(VmId vm) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByHost(HostId host) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByTenant(TenantId tenant) {
        return read(placements.stream()
                .filter(row -> row.vm().tenant().equals(tenant))
                .toList());
    }

    @Override
    public CompletionStage<List<PlacementRow>> listAll() {
        return read(placements);
    }

    private <T> CompletionStage<T> read(T rows) {
        return outage == null
                ? CompletableFuture.completedFuture(rows)
                : CompletableFuture.failedFuture(new SQLException("the database is away"));
    }

    @Override
    public CompletionStage<Void> put(MigrationRow row) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Optional<MigrationRow>> find(String id) {
        return CompletableFuture.completedFuture(
                migrations.stream().filter(row -> row.id().equals(id)).findFirst());
    }

    @Override
    public CompletionStage<List<VmId>> underWay(int limit) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<List<VmId>> comingTo(HostId host) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<Integer> prune(Instant endedBefore, int keep) {
        return CompletableFuture.completedFuture(0);
    }

    @Override
    public CompletionStage<List<MigrationRow>> list(@Nullable VmId vm, int limit) {
        return CompletableFuture.completedFuture(migrations);
    }
}
