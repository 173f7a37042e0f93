package io.portcullis.migration;

import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.HostNode;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantReply;
import io.portcullis.vnic.VnicActors;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.Leave;
import org.apache.pekko.cluster.typed.SingletonActor;

/**
 * Entry to this module. Every node calls {@link #init} once; a node with a host also spawns {@link #agent} as
 * {@link MigrationAgent#NAME} directly under its guardian. Thread-safe afterwards.
 */
public final class Migration {
    private final ActorSystem<?> system;
    private final VnicActors vnics;
    private final MigrationSettings settings;
    private final HostLookup hosts;
    private final Function<VmId, RecipientRef<PlacementCommand>> placements;
    private final TurnCounters turns = new TurnCounters();
    private final ReplicaCounters replicas = new ReplicaCounters();
    private ActorRef<BulkCommand> operations;

    private Migration(
            ActorSystem<?> system,
            VnicActors vnics,
            HostLookup hosts,
            Function<VmId, RecipientRef<PlacementCommand>> placements) {
        this.system = system;
        this.vnics = vnics;
        this.settings = MigrationSettings.of(system.settings().config());
        this.hosts = hosts;
        this.placements = placements;
        this.operations = system.deadLetters();
    }

    /** Without a cluster: for whoever runs the placements and finds the hosts in another way. Registers nothing, and has no operations. */
    public static Migration of(
            ActorSystem<?> system,
            VnicActors vnics,
            HostLookup hosts,
            Function<VmId, RecipientRef<PlacementCommand>> placements) {
        return new Migration(system, vnics, hosts, placements);
    }

    /** What placements write for others to read, in these tables. */
    public static PlacementRecords records(PlacementDirectory directory, MigrationLog log) {
        return new PlacementTables(directory, log);
    }

    /**
     * Registers the placements with cluster sharding: they run on nodes with the role {@code host}.
     *
     * @param around what is put around each VM's placement; nothing but in tests
     */
    public static Migration init(
            ActorSystem<?> system,
            VnicActors vnics,
            PlacementDirectory directory,
            MigrationLog log,
            BiFunction<VmId, Behavior<PlacementCommand>, Behavior<PlacementCommand>> around) {
        ClusterSharding sharding = ClusterSharding.get(system);
        Migration migration = new Migration(
                system,
                vnics,
                new ClusterHosts(system, vnics.hosts()),
                vm -> sharding.entityRefFor(VmPlacement.TYPE_KEY, vm.toString()));
        PlacementTables tables = new PlacementTables(directory, log);
        PlacementEnvironment environment = new PlacementEnvironment(
                migration.hosts,
                migration.placements,
                tables,
                migration.settings,
                () -> UUID.randomUUID().toString(),
                System::currentTimeMillis);
        sharding.init(Entity.of(VmPlacement.TYPE_KEY, entity -> {
                    VmId vm = VmId.parse(entity.getEntityId());
                    return around.apply(vm, VmPlacement.create(vm, environment, entity.getShard()));
                })
                .withRole(HostDirectory.HOST_ROLE));
        ClusterSingleton.get(system)
                .init(SingletonActor.of(
                                PlacementWaker.create(
                                        log,
                                        migration::placement,
                                        migration.settings.wakeInterval(),
                                        migration.settings.retention(),
                                        Clock.systemUTC()),
                                "placement-waker")
                        .withSettings(ClusterSingletonSettings.create(system).withRole(HostDirectory.HOST_ROLE)));
        migration.operations = ClusterSingleton.get(system)
                .init(SingletonActor.of(BulkOperations.create(migration.bulkEnvironment(tables)), BulkOperations.NAME)
                        .withSettings(ClusterSingletonSettings.create(system).withRole(HostDirectory.HOST_ROLE)));
        return migration;
    }

    /** The placement of a VM, wherever in the cluster it is; also of one that was never attached. */
    public RecipientRef<PlacementCommand> placement(VmId vm) {
        return placements.apply(vm);
    }

    /** Drains, leaves, evacuations and rebalances of the cluster. */
    public RecipientRef<BulkCommand> operations() {
        return operations;
    }

    public HostLookup hosts() {
        return hosts;
    }

    /** Who on a host can say how the replicas stand that it keeps ({@link ReplicaCommand.Describe}); empty if it is not up, or its node is of an earlier build. */
    public Optional<ActorRef<ReplicaCommand>> describingReplicas(HostId host) {
        return hosts.understands(host, HostNode.REPLICAS_DESCRIBED) ? hosts.replicas(host) : Optional.empty();
    }

    /** How migrations from and to this node's host came by their turns to be cut. */
    public TurnCounters turns() {
        return turns;
    }

    /** What became of replicas on this node's host. */
    public ReplicaCounters replicas() {
        return replicas;
    }

    /**
     * The agent of this node's host.
     *
     * @param checkpoints of the host, of which those are copied to other hosts that are to have a replica; what comes by a migration is written there ahead of its cut
     * @param blocking reads and writes them
     */
    public Behavior<AgentCommand> agent(HostId self, Checkpoints checkpoints, Executor blocking) {
        return MigrationAgent.create(
                new AgentEnvironment(
                        host(self, new ArrivingTables(checkpoints, blocking, Clock.systemUTC())),
                        this::placement,
                        settings,
                        turns),
                new ReplicaEnvironment(
                        self,
                        checkpoints,
                        blocking,
                        hosts,
                        this::placement,
                        () -> vnics.hostAgent(self),
                        settings.replica(),
                        replicas));
    }

    private BulkEnvironment bulkEnvironment(PlacementTables tables) {
        Cluster cluster = Cluster.get(system);
        return new BulkEnvironment(
                hosts,
                this::placement,
                tables::vmsOf,
                this::apart,
                host -> vnics.hosts()
                        .find(host)
                        .ifPresent(node -> cluster.manager()
                                .tell(Leave.create(node.address().address()))),
                settings,
                System::currentTimeMillis);
    }

    /** Which of a tenant's VMs have tags that keep them apart; a tenant that is gone has none. */
    private CompletionStage<Map<VmId, Set<String>>> apart(TenantId tenant) {
        return AskPattern.<TenantCommand, TenantReply>ask(
                        vnics.tenantPolicy(tenant),
                        replyTo -> new TenantCommand.GetLabels(settings.bulk().apartScope(), replyTo),
                        settings.checkTimeout(),
                        system.scheduler())
                .thenCompose(reply -> reply instanceof TenantReply.InPieces(Parcel answer)
                        ? Parcels.get(system).fetch(answer)
                        : CompletableFuture.completedFuture(reply))
                .thenApply(reply -> switch (reply) {
                    case TenantReply.Labels labels -> labels.values();
                    case TenantReply.UnknownTenant _ -> Map.of();
                    case Object other -> throw new IllegalStateException("unexpected answer " + other);
                });
    }

    private VmHost host(HostId self, ArrivingTables arriving) {
        return new FirewallHost(
                self,
                vnics,
                system,
                settings,
                new ReplicaTakeIn(system, hosts, settings.replica().takeInTimeout()),
                replicas,
                arriving);
    }
}
