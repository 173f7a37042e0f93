package io.portcullis.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.migration.AgentCommand;
import io.portcullis.migration.MigrationAgent;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.DatabaseSettings;
import io.portcullis.pki.NodeTls;
import io.portcullis.policy.VmId;
import io.portcullis.ports.PortBackends;
import io.portcullis.vnic.LocalRestore;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/** All of a node except its guardian, in an actor system that a test has made. */
public final class HostUnderTest implements AutoCloseable {
    private static final long START_LIMIT_SECONDS = 90;

    private final DataPath dataPath;
    private final InetSocketAddress tunnel;
    private final URI admin;

    private HostUnderTest(DataPath dataPath, InetSocketAddress tunnel, URI admin) {
        this.dataPath = dataPath;
        this.tunnel = tunnel;
        this.admin = admin;
    }

    /** Longest time that a batch of vNICs may take to be restored. */
    private static final Duration RESTORE_LIMIT = Duration.ofSeconds(START_LIMIT_SECONDS);

    /**
     * Starts the data path, restores what this host enforced when its process ended, and starts all actors in a system that is up in its cluster.
     *
     * @param wrapper around the data path that the actors see
     * @param agentWrapper around the migration agent
     * @param placementWrapper around each VM's placement
     */
    public static HostUnderTest start(
            ActorSystem system,
            String uplink,
            UnaryOperator<DataPath> wrapper,
            UnaryOperator<Behavior<AgentCommand>> agentWrapper,
            BiFunction<VmId, Behavior<PlacementCommand>, Behavior<PlacementCommand>> placementWrapper)
            throws Exception {
        NodeConfig config = NodeConfig.of(system.settings()
                .config()
                .withValue("portcullis.data-path.uplink", ConfigValueFactory.fromAnyRef(uplink)));
        Optional<NodeTls> tls = NodeSecurity.load(config);
        DataPathSettings settings = DataPathSettings.onLoopback(uplink).withSecurity(NodeSecurity.ofTunnels(tls));
        DataPathRuntime runtime = DataPathRuntime.start(PortBackends.forUplink(uplink), settings);
        DataPath dataPath = wrapper.apply(runtime);
        Checkpoints checkpoints =
                new Checkpoints(config.dataDirectory().resolve(config.host().value()));
        NodePreflight.checkDatabase(config);
        new LocalRestore(runtime, checkpoints, config.maxConnectionsPerVnic(), RESTORE_LIMIT).run();
        URI admin = NodeActors.start(
                        Adapter.toTyped(system),
                        config,
                        NodeSecurity.ofApi(config, tls),
                        NodeActors.openDatabase(Adapter.toTyped(system), config),
                        dataPath,
                        checkpoints,
                        new Spawner(system, agentWrapper, placementWrapper))
                .toCompletableFuture()
                .get(START_LIMIT_SECONDS, TimeUnit.SECONDS)
                .uri();
        return new HostUnderTest(dataPath, runtime.tunnelAddress(), admin);
    }

    /** An actor system that speaks with others as a node with these settings does. */
    public static ActorSystem actorSystem(String name, Config settings) {
        try {
            return ActorSystem.create(
                    name,
                    ArteryTls.setup(
                            DatabaseSettings.withJournal(settings), NodeSecurity.load(NodeConfig.of(settings))));
        } catch (NodeStartException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where its API listens. */
    public URI admin() {
        return admin;
    }

    /** Where other hosts' data paths call it. */
    public InetSocketAddress tunnel() {
        return tunnel;
    }

    public DataPath dataPath() {
        return dataPath;
    }

    /** Ends the data path, which outlives the actor system. */
    @Override
    public void close() {
        dataPath.close();
    }

    private record Spawner(
            ActorSystem system,
            UnaryOperator<Behavior<AgentCommand>> agentWrapper,
            BiFunction<VmId, Behavior<PlacementCommand>, Behavior<PlacementCommand>> placementWrapper)
            implements NodeActors.Spawner {
        @Override
        public Behavior<PlacementCommand> placement(VmId vm, Behavior<PlacementCommand> placement) {
            return placementWrapper.apply(vm, placement);
        }

        @Override
        // The agent's name says what it understands.
        @SuppressWarnings("unchecked")
        public <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
            return name.equals(MigrationAgent.NAME)
                    ? (ActorRef<T>) Adapter.spawn(system, agentWrapper.apply((Behavior<AgentCommand>) behavior), name)
                    : Adapter.spawn(system, behavior, name);
        }
    }
}
