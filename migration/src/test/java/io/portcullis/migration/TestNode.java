package io.portcullis.migration;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.Database;
import io.portcullis.persistence.JdbcMigrationLog;
import io.portcullis.persistence.JdbcPlacementDirectory;
import io.portcullis.persistence.JdbcRuleHitStore;
import io.portcullis.persistence.Schema;
import io.portcullis.policy.HostId;
import io.portcullis.ports.memory.MemoryBackend;
import io.portcullis.vnic.HostAgent;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.HostLimits;
import io.portcullis.vnic.HostTiming;
import io.portcullis.vnic.LocalHost;
import io.portcullis.vnic.ShardedVnicActors;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.dispatch.Futures;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;

/** A whole node: data path on the memory fabric, actors, journal and directory on disk, a member of a real cluster. */
final class TestNode implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    final HostId host;
    final ActorTestKit kit;
    final ShardedVnicActors actors;
    final Migration migration;
    final JdbcMigrationLog log;
    final JdbcPlacementDirectory directory;
    final DataPathRuntime dataPath;
    private final Database database;

    /** @param first node to join, or null for the first one */
    TestNode(HostId host, Path dataDir, InetSocketAddress fabric, @Nullable TestNode first) throws Exception {
        this(host, dataDir, fabric, first, dataPath -> dataPath);
    }

    /** @param around what the host's actors have of the data path */
    TestNode(
            HostId host,
            Path dataDir,
            InetSocketAddress fabric,
            @Nullable TestNode first,
            UnaryOperator<DataPath> around)
            throws Exception {
        this.host = host;
        Config config = ConfigFactory.load(ConfigFactory.parseString("""
            portcullis.data-dir = "%s"
            pekko.actor.provider = cluster
            pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
            pekko.remote.artery.large-message-destinations = ["/user/migration-agent/*", "/user/migration-agent/*/*"]
            pekko.cluster.roles = ["host", "host-id:%s", "protocol:3.1"]
            pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
            """.formatted(dataDir, host))
                .withFallback(ConfigFactory.parseResourcesAnySyntax("application-node")));
        kit = ActorTestKit.create("portcullis", config);
        database = Database.open(
                kit.system().settings().config().getConfig("portcullis.database"),
                kit.system().dispatchers().lookup(DispatcherSelector.fromConfig("portcullis.blocking-dispatcher")));
        Schema.createIfMissing(database);
        directory = new JdbcPlacementDirectory(database);
        log = new JdbcMigrationLog(database);
        dataPath =
                DataPathRuntime.start(new MemoryBackend(fabric), DataPathSettings.onLoopback("memory:" + host.value()));
        Cluster cluster = Cluster.get(kit.system());
        Address join = (first == null ? cluster : Cluster.get(first.kit.system()))
                .selfMember()
                .address();
        cluster.manager().tell(Join.create(join));
        Checkpoints checkpoints = new Checkpoints(dataDir.resolve(host.value()));
        actors = ShardedVnicActors.init(
                kit.system(),
                new ByHost(cluster),
                new LocalHost(
                        host,
                        around.apply(dataPath),
                        new HostLimits(10, 200_000),
                        HostTiming.DEFAULT,
                        directory,
                        new JdbcRuleHitStore(database),
                        checkpoints));
        migration = Migration.init(kit.system(), actors, directory, log, (_, placement) -> placement);
        kit.spawn(actors.hostAgent(), HostAgent.NAME);
        kit.spawn(
                migration.agent(
                        host,
                        checkpoints,
                        kit.system()
                                .dispatchers()
                                .lookup(DispatcherSelector.fromConfig("portcullis.blocking-dispatcher"))),
                MigrationAgent.NAME);
    }

    <C, R> R ask(RecipientRef<C> who, Function<org.apache.pekko.actor.typed.ActorRef<R>, C> command) {
        return AskPattern.<C, R>ask(who, command::apply, PATIENCE, kit.system().scheduler())
                .toCompletableFuture()
                .join();
    }

    @Override
    public void close() {
        kit.shutdownTestKit();
        dataPath.close();
        database.close();
    }

    /** The shard of a host is on the node with the host's role. */
    private static final class ByHost extends ShardCoordinator.AbstractShardAllocationStrategy {
        private final Cluster cluster;

        ByHost(Cluster cluster) {
            this.cluster = cluster;
        }

        @Override
        public Future<ActorRef> allocateShard(
                ActorRef requester, String shard, Map<ActorRef, IndexedSeq<String>> regions) {
            for (ActorRef region : regions.keySet()) {
                Address address = region.path().address();
                Address of = address.hasLocalScope() ? cluster.selfMember().address() : address;
                boolean isIt = StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                        .anyMatch(member -> member.address().equals(of)
                                && member.hasRole(HostDirectory.HOST_ID_ROLE_PREFIX + shard));
                if (isIt) {
                    return Futures.successful(region);
                }
            }
            return Futures.failed(new IllegalStateException("host " + shard + " has no region yet"));
        }

        @Override
        public Future<Set<String>> rebalance(Map<ActorRef, IndexedSeq<String>> regions, Set<String> inProgress) {
            return Futures.successful(Set.of());
        }
    }
}
