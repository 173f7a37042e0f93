package io.portcullis.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.pki.NodeTls;
import io.portcullis.ports.PortBackends;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/** All of a node except its guardian, in an actor system that a test has made. */
public final class HostUnderTest implements AutoCloseable {
    private static final long START_LIMIT_SECONDS = 30;

    private final DataPath dataPath;
    private final InetSocketAddress tunnel;
    private final URI admin;

    private HostUnderTest(DataPath dataPath, InetSocketAddress tunnel, URI admin) {
        this.dataPath = dataPath;
        this.tunnel = tunnel;
        this.admin = admin;
    }

    /**
     * Starts the data path and all actors in a system that is up in its cluster.
     *
     * @param wrapper around the data path that the actors see
     */
    public static HostUnderTest start(ActorSystem system, String uplink, UnaryOperator<DataPath> wrapper)
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
        URI admin = NodeActors.start(
                        Adapter.toTyped(system),
                        config,
                        NodeSecurity.ofApi(config, tls),
                        NodeActors.openDatabase(Adapter.toTyped(system), config),
                        dataPath,
                        checkpoints,
                        new Spawner(system))
                .toCompletableFuture()
                .get(START_LIMIT_SECONDS, TimeUnit.SECONDS)
                .uri();
        return new HostUnderTest(dataPath, runtime.tunnelAddress(), admin);
    }

    /** An actor system that speaks with others as a node with these settings does. */
    public static ActorSystem actorSystem(String name, Config settings) {
        try {
            return ActorSystem.create(name, ArteryTls.setup(settings, NodeSecurity.load(NodeConfig.of(settings))));
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

    private record Spawner(ActorSystem system) implements NodeActors.Spawner {
        @Override
        public <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
            return Adapter.spawn(system, behavior, name);
        }
    }
}
