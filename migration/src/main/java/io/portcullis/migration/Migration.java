package io.portcullis.migration;

import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.VnicActors;
import java.util.UUID;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.Leave;
import org.apache.pekko.cluster.typed.SingletonActor;

/**
 * Entry to this module. Every node calls {@link #init} once; a node with a host also spawns {@link #agent} and {@link #evacuation}
 * as {@link MigrationAgent#NAME} and {@link Evacuation#NAME} directly under its guardian. Thread-safe afterwards.
 */
public final class Migration {
    private final ActorSystem<?> system;
    private final VnicActors vnics;
    private final PlacementDirectory directory;
    private final MigrationSettings settings;
    private final HostLookup hosts;

    private Migration(ActorSystem<?> system, VnicActors vnics, PlacementDirectory directory) {
        this.system = system;
        this.vnics = vnics;
        this.directory = directory;
        this.settings = MigrationSettings.of(system.settings().config());
        this.hosts = new ClusterHosts(system, vnics.hosts());
    }

    /** Registers the placements with cluster sharding: they run on nodes with the role {@code host}. */
    public static Migration init(
            ActorSystem<?> system, VnicActors vnics, PlacementDirectory directory, MigrationLog log) {
        Migration migration = new Migration(system, vnics, directory);
        PlacementEnvironment environment = new PlacementEnvironment(
                migration.hosts,
                new PlacementTables(directory, log),
                migration.settings,
                () -> UUID.randomUUID().toString(),
                System::currentTimeMillis);
        ClusterSharding.get(system)
                .init(Entity.of(
                                VmPlacement.TYPE_KEY,
                                entity -> VmPlacement.create(VmId.parse(entity.getEntityId()), environment))
                        .withRole(HostDirectory.HOST_ROLE));
        ClusterSingleton.get(system)
                .init(SingletonActor.of(
                                PlacementWaker.create(log, migration::placement, migration.settings.wakeInterval()),
                                "placement-waker")
                        .withSettings(ClusterSingletonSettings.create(system).withRole(HostDirectory.HOST_ROLE)));
        return migration;
    }

    /** The placement of a VM, wherever in the cluster it is; also of one that was never attached. */
    public RecipientRef<PlacementCommand> placement(VmId vm) {
        return ClusterSharding.get(system).entityRefFor(VmPlacement.TYPE_KEY, vm.toString());
    }

    /** The evacuation of a host that is up. */
    public RecipientRef<EvacuationCommand> evacuation(HostId host) {
        return hosts.evacuation(host);
    }

    public HostLookup hosts() {
        return hosts;
    }

    public Behavior<AgentCommand> agent(HostId self) {
        return MigrationAgent.create(new AgentEnvironment(host(self), this::placement, settings));
    }

    public Behavior<EvacuationCommand> evacuationOf(HostId self) {
        Cluster cluster = Cluster.get(system);
        return Evacuation.create(new EvacuationEnvironment(
                host(self),
                hosts,
                this::placement,
                () -> directory
                        .listByHost(self)
                        .thenApply(rows -> rows.stream().map(PlacementRow::vm).toList()),
                () -> cluster.manager().tell(Leave.create(cluster.selfMember().address())),
                settings));
    }

    private VmHost host(HostId self) {
        return new FirewallHost(self, vnics, system, settings);
    }
}
