package io.portcullis.cluster;

import io.portcullis.admin.AdminConfig;
import io.portcullis.admin.AdminServer;
import io.portcullis.admin.AdminTls;
import io.portcullis.admin.actors.ActorServices;
import io.portcullis.admin.actors.ClusterAccess;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.migration.Migration;
import io.portcullis.migration.MigrationAgent;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.Database;
import io.portcullis.persistence.DatabaseWatch;
import io.portcullis.persistence.JdbcApiTokens;
import io.portcullis.persistence.JdbcMigrationLog;
import io.portcullis.persistence.JdbcPlacementDirectory;
import io.portcullis.persistence.JdbcRuleHitStore;
import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.HostAgent;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostLimits;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.HostTiming;
import io.portcullis.vnic.LocalHost;
import io.portcullis.vnic.ShardedVnicActors;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.Cluster;

/** All actors of a node, made in one place, in an actor system that is up in its cluster. */
final class NodeActors {
    /** Longest time that the last checkpoints may take at a stop; the phase's own limit is above it. */
    private static final Duration LAST_CHECKPOINT_LIMIT = Duration.ofSeconds(8);

    private NodeActors() {}

    /** Makes an actor directly under the guardian: its path is how other nodes find it. */
    @FunctionalInterface
    interface Spawner {
        <T> ActorRef<T> spawn(Behavior<T> behavior, String name);

        /** What runs as a VM's placement: a test may put something around it. */
        default Behavior<PlacementCommand> placement(VmId vm, Behavior<PlacementCommand> placement) {
            return placement;
        }
    }

    /**
     * Registers the shard types, starts the host's agents and binds the admin endpoint. Call it once per actor system. The database may be away: a host that was taken out of the
     * cluster joins again all the same. Its tables are there, from the start of the process ({@link NodePreflight#checkDatabase}).
     */
    static CompletionStage<AdminServer> start(
            ActorSystem<?> system,
            NodeConfig config,
            AdminTls tls,
            Database database,
            DataPath dataPath,
            Checkpoints checkpoints,
            Spawner spawner) {
        PlacementDirectory directory = new JdbcPlacementDirectory(database);
        MigrationLog migrations = new JdbcMigrationLog(database);
        RuleHitStore ruleHits = new JdbcRuleHitStore(database);

        LocalHost host = new LocalHost(
                config.host(),
                dataPath,
                new HostLimits(config.maxVnics(), config.maxConnectionsPerVnic()),
                HostTiming.DEFAULT
                        .withWrites(config.checkpointInterval(), config.ruleHitsInterval())
                        .withCheckpointRate(config.checkpointBytesPerSecond()),
                directory,
                ruleHits,
                checkpoints);
        ShardedVnicActors vnics =
                ShardedVnicActors.init(system, new HostShardAllocationStrategy(Cluster.get(system)), host);
        Migration migration = Migration.init(system, vnics, directory, migrations, spawner::placement);
        ActorRef<HostCommand> agent = spawner.spawn(vnics.hostAgent(), HostAgent.NAME);
        Executor blocking =
                system.dispatchers().lookup(DispatcherSelector.fromConfig("portcullis.blocking-dispatcher"));
        spawner.spawn(migration.agent(config.host(), checkpoints, blocking), MigrationAgent.NAME);
        StopSignals.tell(
                spawner.spawn(Departure.create(config.host(), migration.operations(), StopSignals::stop), "departure"));
        checkpointAtShutdown(system, agent);

        AdminConfig admin = AdminConfig.from(config.system().getConfig("portcullis.admin"));
        DatabaseWatch watch = watchDatabase(system, config);
        ClusterAccess access = new ClusterAccess(
                vnics,
                migration::placement,
                migration.operations(),
                directory,
                migrations,
                ruleHits,
                watch,
                migration::describingReplicas,
                config.host(),
                version(),
                () -> counters(migration));
        return AdminServer.start(
                system,
                admin,
                new ActorServices(system, access, admin.askTimeout()),
                new JdbcApiTokens(database),
                watch,
                tls);
    }

    /** What this node's host counts of migrations and replicas. */
    private static Map<String, Long> counters(Migration migration) {
        Map<String, Long> counters = new TreeMap<>(migration.turns().values());
        counters.putAll(migration.replicas().values());
        return counters;
    }

    /**
     * Opens the database for as long as the actor system lives. Call it before anything of the system touches the journal ({@link Database#open}).
     *
     * @throws NodeStartException if the settings of the database are wrong
     */
    static Database openDatabase(ActorSystem<?> system, NodeConfig config) throws NodeStartException {
        Executor blocking =
                system.dispatchers().lookup(DispatcherSelector.fromConfig("portcullis.blocking-dispatcher"));
        try {
            Database database = Database.open(config.system().getConfig("portcullis.database"), blocking);
            CoordinatedShutdown.get(system)
                    .addTask(
                            CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
                            "close-database",
                            () -> CompletableFuture.supplyAsync(
                                    () -> {
                                        database.close();
                                        return Done.done();
                                    },
                                    blocking));
            return database;
        } catch (RuntimeException e) {
            throw new NodeStartException("database: " + e.getMessage(), e);
        }
    }

    private static DatabaseWatch watchDatabase(ActorSystem<?> system, NodeConfig config) {
        DatabaseWatch watch = DatabaseWatch.start(config.system().getConfig("portcullis.database"), Clock.systemUTC());
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "end-database-watch", () -> {
                    watch.close();
                    return CompletableFuture.completedFuture(Done.done());
                });
        return watch;
    }

    private static void checkpointAtShutdown(ActorSystem<?> system, ActorRef<HostCommand> agent) {
        CoordinatedShutdown.get(system)
                .addTask(
                        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
                        "checkpoint",
                        () -> AskPattern.<HostCommand, HostReply>ask(
                                        agent,
                                        HostCommand.WriteCheckpoints::new,
                                        LAST_CHECKPOINT_LIMIT,
                                        system.scheduler())
                                .handle((reply, failure) -> {
                                    if (reply instanceof HostReply.Checkpointed done
                                            && done.failures().isEmpty()) {
                                        system.log().info("last checkpoints written: {}", done.tablesWritten());
                                    } else {
                                        system.log()
                                                .warn(
                                                        "last checkpoints not written: {}",
                                                        failure == null ? reply : failure.toString());
                                    }
                                    return Done.done();
                                }));
    }

    private static String version() {
        String version = NodeActors.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
