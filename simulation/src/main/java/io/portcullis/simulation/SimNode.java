package io.portcullis.simulation;

import io.portcullis.migration.AgentCommand;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.BulkEnvironment;
import io.portcullis.migration.BulkOperations;
import io.portcullis.migration.Migration;
import io.portcullis.migration.MigrationAgent;
import io.portcullis.migration.MigrationSettings;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.PlacementEnvironment;
import io.portcullis.migration.VmPlacement;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.FirewallCounters;
import io.portcullis.vnic.FirewallEnvironment;
import io.portcullis.vnic.HostAgent;
import io.portcullis.vnic.HostAgentEnvironment;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostLimits;
import io.portcullis.vnic.HostNode;
import io.portcullis.vnic.HostTiming;
import io.portcullis.vnic.RegistryCommand;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantPolicy;
import io.portcullis.vnic.TenantRegistry;
import io.portcullis.vnic.VnicFirewall;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.UniqueAddress;
import org.jspecify.annotations.Nullable;

/** One node with its host: the actors that a node of the product has, but those of its API. Belongs to the simulation's thread. */
final class SimNode {
    /** As the product's default. */
    private static final HostLimits LIMITS = new HostLimits(4_096, 100_000);

    private static final int PORT = 7_301;

    private final HostId host;
    private final SimCluster cluster;
    private final SimLoop loop;
    private final SimDataPath dataPath;
    private final FirewallCounters firewallCounters = new FirewallCounters();
    private final PolicyCompiler compiler = new PolicyCompiler();
    private final Checkpoints checkpoints = Checkpoints.none();
    private long incarnations;
    private @Nullable ActorRef<HostCommand> hostAgent;
    private @Nullable ActorRef<AgentCommand> migrationAgent;
    private @Nullable ActorRef<SimShard.Command> firewalls;
    private @Nullable ActorRef<SimShard.Command> tenants;
    private @Nullable ActorRef<SimShard.Command> registry;
    private @Nullable ActorRef<SimShard.Command> placements;
    private @Nullable ActorRef<BulkCommand> operations;

    SimNode(HostId host, SimCluster cluster) {
        this.host = host;
        this.cluster = cluster;
        this.loop = cluster.loop();
        this.dataPath = new SimDataPath(loop.clock());
    }

    HostId host() {
        return host;
    }

    /** As what starts now. */
    HostNode asMember() {
        return new HostNode(
                host,
                new UniqueAddress(new Address("pekko", "simulation", host.value(), PORT), ++incarnations),
                "Up",
                true);
    }

    /** @param withOperations whether the actor of bulk operations, of which there is one in the cluster, runs here */
    Behavior<Void> behavior(boolean withOperations) {
        return Behaviors.setup(context -> {
            start(context);
            if (withOperations) {
                operations = context.spawn(BulkOperations.create(bulkEnvironment()), "bulk-operations");
            }
            return Behaviors.empty();
        });
    }

    private void start(ActorContext<Void> parent) {
        Clock clock = loop.clock();
        firewalls = parent.spawn(
                SimShard.<FirewallCommand>create(
                        (id, shard) -> VnicFirewall.create(VnicId.parse(id), firewallEnvironment(), shard),
                        new FirewallCommand.Stop()),
                "firewalls");
        tenants = parent.spawn(
                SimShard.<TenantCommand>create(
                        (id, _) -> TenantPolicy.create(
                                new TenantId(id),
                                cluster::tenantPolicy,
                                cluster.tenantRegistry(),
                                loop.database().directory(),
                                compiler,
                                clock),
                        new TenantCommand.Stop()),
                "tenants");
        registry = parent.spawn(
                SimShard.<RegistryCommand>create((_, _) -> TenantRegistry.create(), new RegistryCommand.Stop()),
                "registry");
        PlacementEnvironment environment = new PlacementEnvironment(
                cluster,
                cluster::placement,
                Migration.records(loop.database().directory(), loop.database().directory()),
                settings(),
                () -> "migration",
                clock::millis);
        placements = parent.spawn(
                SimShard.<PlacementCommand>create(
                        (id, shard) -> VmPlacement.create(VmId.parse(id), environment, shard)),
                "placements");
        hostAgent = parent.spawn(
                HostAgent.create(
                        new HostAgentEnvironment(
                                host,
                                dataPath,
                                LIMITS,
                                loop.database().directory(),
                                new SimHits(),
                                checkpoints,
                                loop,
                                this::firewall,
                                cluster::tenantPolicy,
                                HostTiming.DEFAULT,
                                firewallCounters),
                        clock),
                HostAgent.NAME);
        migrationAgent = parent.spawn(
                Migration.of(cluster.system(), cluster, cluster, cluster::placement)
                        .agent(host, checkpoints, loop),
                MigrationAgent.NAME);
    }

    private FirewallEnvironment firewallEnvironment() {
        HostTiming timing = HostTiming.DEFAULT;
        return new FirewallEnvironment(
                host,
                dataPath,
                LIMITS.maxConnectionsPerVnic(),
                timing.rulesTimeout(),
                checkpoints.notes(),
                loop,
                status -> hostAgent().tell(new HostCommand.VnicChanged(status)),
                firewallCounters);
    }

    private MigrationSettings settings() {
        return MigrationSettings.of(cluster.system().settings().config());
    }

    private BulkEnvironment bulkEnvironment() {
        return new BulkEnvironment(
                cluster,
                cluster::placement,
                of -> loop.database()
                        .directory()
                        .listByHost(of)
                        .thenApply(rows -> rows.stream().map(PlacementRow::vm).toList()),
                _ -> CompletableFuture.completedFuture(Map.of()),
                _ -> {},
                settings(),
                loop.clock()::millis);
    }

    private static <T> T started(@Nullable T actor) {
        if (actor == null) {
            throw new IllegalStateException("the node has not started");
        }
        return actor;
    }

    /** How often rules were put in force on this host. */
    long installs() {
        return dataPath.installs();
    }

    ActorRef<HostCommand> hostAgent() {
        return started(hostAgent);
    }

    ActorRef<AgentCommand> migrationAgent() {
        return started(migrationAgent);
    }

    RecipientRef<FirewallCommand> firewall(VnicId vnic) {
        return new SimShard.Ref<FirewallCommand>(() -> started(firewalls), vnic.toString(), cluster.provider());
    }

    ActorRef<SimShard.Command> tenants() {
        return started(tenants);
    }

    ActorRef<SimShard.Command> registry() {
        return started(registry);
    }

    ActorRef<SimShard.Command> placements() {
        return started(placements);
    }

    ActorRef<BulkCommand> operations() {
        return started(operations);
    }
}
