package io.portcullis.cluster.multinode;

import io.portcullis.cluster.HostUnderTest;
import io.portcullis.migration.VmPlacement;
import io.portcullis.persistence.Database;
import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.persistence.testkit.PostgresServer;
import io.portcullis.policy.VmId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Four hosts. The first role conducts, has the fabric, the VMs and the database in its process, and is never hurt. The others are processes that
 * it starts, which do what it says ({@link HostJvm}), and end when it ends.
 */
class FaultMatrixScenario extends ClusterScenario {
    /** System property: the fault of this run. */
    static final String FAULT_KEY = "scenario.fault";
    /** System property: whether a lost frame is a failure where a host enforced all the time. A machine that stands still for seconds loses some. */
    static final String COUNTS_LOST_KEY = "scenario.counts-lost";

    static final int HOSTS = 4;

    private static final String SEED_KEY = "scenario.seed";
    private static final String LINE_KEY = "scenario.database.line";
    private static final String DATABASE_PORT_KEY = "scenario.database.port";
    private static final String DATABASE_KEYS = "portcullis.database.";
    private static final String INCARNATION_KEY = "scenario.incarnation";

    /**
     * Nothing here rests on how soon a host is found out to be dead or cut off: the conductor says when one is gone. A phase of
     * a migration may take long enough for all to be held on a machine that is busy.
     */
    private static final String SETTINGS = """
        # what is held here are the actors, who decide then
        portcullis.migration {
          prepare-timeout = 30s, precopy { timeout = 30s, patience = 60s }, cutover-timeout = 30s, release-timeout = 30s, step-timeout = 60s
        }
        portcullis.checkpoint.interval = 50ms
        pekko.cluster.split-brain-resolver.stable-after = 10m
        pekko.cluster.down-removal-margin = 1s
        pekko.cluster.failure-detector.implementation-class = "%s"
        """.formatted(ToldFailureDetector.class.getName());

    private @Nullable DatabaseLine databaseLine;

    FaultMatrixScenario() {
        super(new HostsConfig(HOSTS, SETTINGS));
    }

    /** Of the JVM of a host that the conductor starts: placements run on the newest version first, never on the conductor's node. */
    static List<String> hostFlags(Address seed) {
        List<String> flags = new ArrayList<>(List.of(
                "-D" + SEED_KEY + "=" + seed,
                "-D" + INCARNATION_KEY + "=" + System.nanoTime(),
                "-Dpekko.cluster.app-version=1.0.0"));
        System.getProperties().stringPropertyNames().stream()
                .filter(key -> key.startsWith(DATABASE_KEYS))
                .forEach(key -> flags.add("-D" + key + "=" + System.getProperty(key)));
        return flags;
    }

    /** Flags of the first role's JVM when the database is a PostgreSQL that can be {@linkplain DatabaseLine cut off}. */
    static List<String> databaseFlags(PostgresServer server) throws IOException {
        int line = FreePorts.next();
        return List.of(
                "-D" + LINE_KEY + "=" + line,
                "-D" + DATABASE_PORT_KEY + "=" + server.port(),
                "-D" + DATABASE_KEYS + "url=jdbc:postgresql://127.0.0.1:" + line + "/" + server.createDatabase(),
                "-D" + DATABASE_KEYS + "user=" + PostgresServer.USER,
                "-D" + DATABASE_KEYS + "password=" + PostgresServer.PASSWORD,
                "-D" + DATABASE_KEYS + "tls.mode=off");
    }

    /** Of this run, which has one. */
    DatabaseLine databaseLine() {
        return Objects.requireNonNull(databaseLine, "the database of this run is an embedded one");
    }

    @Override
    void play() throws Exception {
        if (isRole(config.host(1))) {
            Integer line = Integer.getInteger(LINE_KEY);
            if (line != null) {
                databaseLine = DatabaseLine.open(line, Integer.getInteger(DATABASE_PORT_KEY));
            }
            // Whoever opens the shared database first keeps it for the others.
            Database.check(system().settings().config().getConfig("portcullis.database"));
            startLab();
            FaultConductor conductor = new FaultConductor(this);
            conduct(conductor);
            conductor.close();
            close();
            if (databaseLine != null) {
                databaseLine.close();
            }
        } else {
            serve();
        }
    }

    /** What the first role does when all hosts and VMs are there. */
    void conduct(FaultConductor conductor) throws Exception {
        conductor.play(Fault.valueOf(System.getProperty(FAULT_KEY)));
    }

    /** Where a start of a host leaves its notes. */
    Path newNotes() {
        return directory().resolve(myself().name() + "." + System.getProperty(INCARNATION_KEY, "0") + ".enforcing");
    }

    // ---- a host that is told what to do

    private void serve() throws Exception {
        HostUnderTest host = joinAndStart(
                AddressFromURIString.parse(System.getProperty(SEED_KEY)),
                running -> new HeldDataPath(running, MigrationGates.HERE),
                agent -> HeldAgent.around(agent, MigrationGates.HERE),
                (vm, placement) -> HeldPlacement.around(vm, placement, MigrationGates.HERE));
        watch(host, FaultFleet.vnics(), newNotes());
        system().whenTerminated()
                .onComplete(
                        _ -> {
                            host.close();
                            Runtime.getRuntime().halt(0);
                            return null;
                        },
                        system().dispatcher());
        say(HostJvm.ANSWER + "started");
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            say(HostJvm.ANSWER + obey(command.split(" ", -1)));
        }
        // The conductor is gone.
        Runtime.getRuntime().halt(0);
    }

    private String obey(String[] words) throws Exception {
        switch (words[0]) {
            case "hold" ->
                MigrationGates.HERE.close(
                        HoldPoint.valueOf(words[1]),
                        VmId.parse(words[2]),
                        point -> say(HostJvm.REACHED + point + " " + words[2]));
            case "open" -> MigrationGates.HERE.openAll();
            case "gone" -> ToldFailureDetector.gone(system(), AddressFromURIString.parse(words[1]));
            case "placements" -> {
                return String.join(" ", placements());
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
        return "done";
    }

    /** The VMs whose placements run on this node. */
    private List<String> placements() throws Exception {
        var typed = Adapter.toTyped(system());
        ShardRegion.CurrentShardRegionState state =
                AskPattern
                        .<org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery,
                                ShardRegion.CurrentShardRegionState>
                                ask(
                                        ClusterSharding.get(typed).shardState(),
                                        replyTo -> new GetShardRegionState(VmPlacement.TYPE_KEY, replyTo),
                                        LIMIT,
                                        typed.scheduler())
                        .toCompletableFuture()
                        .get(LIMIT.toNanos(), TimeUnit.NANOSECONDS);
        List<String> vms = new ArrayList<>();
        CollectionConverters.asJava(state.shards())
                .forEach(shard -> vms.addAll(CollectionConverters.asJava(shard.entityIds())));
        return vms;
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
