package io.portcullis.cluster;

import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.pki.NodeTls;
import io.portcullis.ports.PortBackends;
import io.portcullis.vnic.LocalRestore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One host of the cluster in this process.
 *
 * <p>The data path is started once and lives as long as the process. The actor system may end before it: a node that the
 * split brain resolver downs starts a new one, whose actors adopt the running data path. Enforcement goes on meanwhile.
 */
final class PortcullisNode {
    static final String SYSTEM_NAME = "portcullis";
    /** What an actor system has to end when all phases of its shutdown are over; {@link RemotingEnd} needs less. */
    private static final Duration END_GRACE = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(PortcullisNode.class);

    /** How long a batch of vNICs may take to be restored before the cluster is joined; what is late comes back through the cluster. */
    private static final Duration RESTORE_LIMIT = Duration.ofSeconds(5);

    private static final Duration DATABASE_RETRY = Duration.ofSeconds(2);

    private final NodeConfig config;
    private final Optional<NodeTls> tls;
    private final DataPathRuntime dataPath;
    private final Checkpoints checkpoints;

    private PortcullisNode(
            NodeConfig config, Optional<NodeTls> tls, DataPathRuntime dataPath, Checkpoints checkpoints) {
        this.config = config;
        this.tls = tls;
        this.dataPath = dataPath;
        this.checkpoints = checkpoints;
    }

    /** Runs until the node is stopped or has left; returns the exit status. Blocks. */
    static int run(NodeConfig config) throws NodeStartException, InterruptedException {
        if (StopSignals.leaves(config.system())) {
            StopSignals.install();
        }
        Optional<NodeTls> tls = NodeSecurity.load(config);
        NodePreflight.check(config);
        try (HostFolder folder = HostFolder.open(config);
                DataPathRuntime dataPath = startDataPath(config, tls)) {
            PortcullisNode node = new PortcullisNode(config, tls, dataPath, new Checkpoints(folder.checkpoints()));
            boolean enforces = node.restore();
            node.awaitDatabase(enforces);
            return node.runActorSystems(enforces);
        }
    }

    /** A host that enforces goes on with that while the database is away; one that has nothing to lose says so and ends. */
    private void awaitDatabase(boolean enforces) throws NodeStartException, InterruptedException {
        while (true) {
            try {
                NodePreflight.checkDatabase(config);
                return;
            } catch (NodeStartException away) {
                if (!enforces) {
                    throw away;
                }
                LOG.warn("{}; the vNICs stay enforced, trying again", away.getMessage());
                TimeUnit.NANOSECONDS.sleep(DATABASE_RETRY.toNanos());
            }
        }
    }

    /** What this host enforced when it stopped or was killed, it enforces again before it joins; says whether that is anything. */
    private boolean restore() {
        List<VnicStatus> restored =
                new LocalRestore(dataPath, checkpoints, config.maxConnectionsPerVnic(), RESTORE_LIMIT).run();
        if (!restored.isEmpty()) {
            long millis = System.currentTimeMillis()
                    - ManagementFactory.getRuntimeMXBean().getStartTime();
            int connections =
                    restored.stream().mapToInt(VnicStatus::connections).sum();
            LOG.info(
                    "{} vNICs enforce again with {} connections, {} ms after the start of the process",
                    restored.size(),
                    connections,
                    millis);
            checkpoints.count("checkpoint.restored-vnics", restored.size());
            checkpoints.count("checkpoint.restored-connections", connections);
            checkpoints.count("checkpoint.millis-to-enforcing", millis);
        }
        return !restored.isEmpty();
    }

    private static DataPathRuntime startDataPath(NodeConfig config, Optional<NodeTls> tls) throws NodeStartException {
        try {
            PortBackend backend = PortBackends.forUplink(config.uplink());
            InetSocketAddress tunnel = new InetSocketAddress(
                    config.tunnel().address(), config.tunnel().port());
            DataPathSettings settings = new DataPathSettings(
                    config.uplink(),
                    tunnel,
                    NodeSecurity.ofTunnels(tls),
                    DataPathSettings.Limits.DEFAULT
                            .withVnics(Math.max(DataPathSettings.Limits.DEFAULT.vnics(), config.maxVnics()))
                            .withConnections(config.connectionLimits()),
                    config.checksums());
            DataPathRuntime dataPath = DataPathRuntime.start(backend, settings);
            LOG.info("data path runs, uplink {}, tunnel {}", config.uplink(), dataPath.tunnelAddress());
            return dataPath;
        } catch (PortException e) {
            throw new NodeStartException("uplink (portcullis.data-path.uplink): " + e.getMessage(), e);
        } catch (IOException e) {
            throw new NodeStartException(
                    "tunnel address " + config.tunnel().address() + ":"
                            + config.tunnel().port() + ": " + e.getMessage() + "; set portcullis.data-path.tunnel",
                    e);
        }
    }

    /** @param enforces whether the host has something to lose by an end of the process */
    private int runActorSystems(boolean enforces) throws NodeStartException, InterruptedException {
        boolean stays = enforces;
        while (true) {
            NodeGuardian.Outcome outcome = runActorSystem();
            switch (outcome) {
                case NodeGuardian.Outcome.Stopped _ -> {
                    LOG.info("stopped");
                    return 0;
                }
                case NodeGuardian.Outcome.Failed failed -> throw new NodeStartException(failed.message());
                case NodeGuardian.Outcome.Downed _ -> {
                    LOG.warn("taken out of the cluster; the vNICs stay enforced, joining again");
                    stays = true;
                }
                case NodeGuardian.Outcome.NotJoined alone -> {
                    if (!stays) {
                        throw new NodeStartException(alone.message());
                    }
                    LOG.warn("{}; the vNICs stay enforced, trying again", alone.message());
                }
            }
        }
    }

    private NodeGuardian.Outcome runActorSystem() throws NodeStartException, InterruptedException {
        NodeGuardian.Result result = new NodeGuardian.Result();
        ActorSystem<NodeGuardian.Command> system;
        try {
            system = ActorSystem.create(
                    NodeGuardian.create(config, NodeSecurity.ofApi(config, tls), dataPath, checkpoints, result),
                    SYSTEM_NAME,
                    ArteryTls.setup(config.system(), tls));
        } catch (RuntimeException e) {
            throw new NodeStartException(startFailure(e), e);
        }
        NodeDiscovery.start(system, config.discovery(), tls).whenComplete((_, failure) -> {
            if (failure != null) {
                result.fail("portcullis.discovery: " + failure.getMessage());
                system.terminate();
            }
        });
        awaitEnd(system, END_GRACE);
        StopSignals.tell(null);
        Optional<CoordinatedShutdown.Reason> reason =
                CoordinatedShutdown.get(system).getShutdownReason();
        return result.outcome(reason.orElse(CoordinatedShutdown.unknownReason()), config);
    }

    /**
     * Returns when the actor system has ended. One that has not so long after its shutdown, whose phases all have limits, is left behind: the process could
     * neither end nor join again otherwise.
     */
    static void awaitEnd(ActorSystem<?> system, Duration grace) throws InterruptedException {
        CompletableFuture<?> end = system.getWhenTerminated().toCompletableFuture();
        while (!hasEnded(end, Duration.ofSeconds(1))) {
            CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
            Optional<CoordinatedShutdown.Reason> reason = shutdown.getShutdownReason();
            // Asked to run once more, it only says when it is done.
            if (reason.isPresent()
                    && shutdown.run(reason.get(), Optional.empty())
                            .toCompletableFuture()
                            .isDone()) {
                if (!hasEnded(end, grace)) {
                    LOG.warn("the actor system has shut down, and does not end: it is left behind");
                }
                return;
            }
        }
    }

    private static boolean hasEnded(CompletableFuture<?> end, Duration limit) throws InterruptedException {
        try {
            end.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        } catch (ExecutionException failed) {
            throw new IllegalStateException(failed.getCause());
        }
    }

    private String startFailure(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof java.net.BindException) {
                return "the cluster cannot listen on " + config.cluster().address() + ":"
                        + config.cluster().port() + ": " + cause.getMessage()
                        + " (is another node running there? set portcullis.cluster.port)";
            }
        }
        return "the actor system cannot start: " + failure;
    }
}
