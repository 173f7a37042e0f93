package io.portcullis.demo;

import io.portcullis.api.ApiException;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.VnicStatusView;
import io.portcullis.api.VnicView;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.vm.KernelSockets;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A host's process is killed and started again. Its VMs live on; their frames have nobody to decide until it is back. What
 * that costs is said here, under other names than those that count what may never be.
 */
final class CrashAct {
    private static final String HOST = "host-2";
    private static final Duration ENFORCE_LIMIT = Duration.ofSeconds(60);
    private static final Duration PROGRESS_LIMIT = Duration.ofSeconds(9);
    /** What had passed the host before it was killed has arrived after so long. */
    private static final Duration IN_FLIGHT = Duration.ofMillis(50);
    /** Connections are older than this before the kill: one checkpoint interval and a half. */
    private static final Duration CHECKPOINTED = Duration.ofMillis(1_500);

    private final Session session;
    private final Checks checks;

    CrashAct(Session session, Checks checks) {
        this.session = session;
        this.checks = checks;
    }

    void play() {
        checks.heading("A host process is killed and started again:");
        checks.run("a host is killed and started again", () -> {
            LabVm web = session.tenant().vm("web-1");
            LabVm consumer = session.tenant().vm("client-1");
            LabVm database = session.tenant().vm("db-1");
            PortcullisClient client = session.client();
            if (!HOST.equals(client.vm(DemoTenant.NAME, "web-1").placement().host())) {
                MigrationAct.migrate(client, "web-1", HOST);
            }
            boolean repeats = consumer.sockets() instanceof KernelSockets;
            InetSocketAddress http = new InetSocketAddress(web.address(false), 80);
            InetSocketAddress https = new InetSocketAddress(web.address(false), 443);
            VnicStatusView back;
            try (IdleConnection idle = IdleConnection.open(consumer.sockets(), web.sockets(), https)) {
                // Generated TCP does not send again what is lost; kernels do.
                TcpStream stream = repeats ? TcpStream.start(consumer.sockets(), web.sockets(), http, 100) : null;
                TimeUnit.NANOSECONDS.sleep(CHECKPOINTED.toNanos());
                long killed = System.nanoTime();
                session.cluster().node(HOST).kill();
                session.cluster().node(HOST).start();
                if (stream != null) {
                    double stoodStill = awaitProgress(stream, killed);
                    checks.add(Check.intact(
                            "tcp stream across the crash",
                            String.format("stood still for %.1f s", stoodStill),
                            stream.stop()));
                }
                session.cluster().node(HOST).awaitReady(ENFORCE_LIMIT);
                double ready = since(killed);
                back = awaitEnforcing(client);
                idle.serverSpeaksFirst();
                checks.add(Check.of(
                        "connections survive the crash",
                        true,
                        String.format(
                                "the server speaks first on one from before it; %d restored or new; the host was back"
                                        + " in the cluster %.1f s after SIGKILL",
                                back.connections(), ready)));
            }
            checks.add(Check.of(
                    "killed host enforces again",
                    back.policyRevision() > 0 && !back.rulesHash().isEmpty(),
                    "rules of revision " + back.policyRevision() + " under epoch " + back.epoch()));
            checks.run(
                    "forbidden after restart",
                    () -> PolicyAct.dropped(consumer, database, 5432, false, " after the restart"));
            return PolicyAct.allowed(consumer, web, 443, false, " after the restart");
        });
    }

    private @Nullable VnicStatusView status(PortcullisClient client) {
        VnicView vnic = client.vnic(DemoTenant.NAME, "web-1", "eth0");
        return vnic.status();
    }

    private VnicStatusView awaitEnforcing(PortcullisClient client) throws TimeoutException, InterruptedException {
        long deadline = System.nanoTime() + ENFORCE_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            try {
                VnicStatusView status = status(client);
                if (status != null
                        && "ENFORCING".equals(status.mode())
                        && !status.rulesHash().isEmpty()) {
                    return status;
                }
            } catch (ApiException | NotReachableException e) {
                // the host is not back yet
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new TimeoutException("web-1 is not enforced within " + ENFORCE_LIMIT.toSeconds() + " s");
    }

    /** Waits until bytes arrive again; returns how long none did, in seconds. */
    private static double awaitProgress(TcpStream stream, long killedNanos)
            throws TimeoutException, InterruptedException {
        TimeUnit.NANOSECONDS.sleep(IN_FLIGHT.toNanos());
        long bytes = stream.receivedBytes();
        while (stream.receivedBytes() == bytes) {
            if (System.nanoTime() - killedNanos > PROGRESS_LIMIT.toNanos()) {
                throw new TimeoutException(
                        "the stream did not go on within " + PROGRESS_LIMIT.toSeconds() + " s after the crash");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return since(killedNanos);
    }

    private static double since(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }
}
