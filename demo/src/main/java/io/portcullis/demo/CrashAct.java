package io.portcullis.demo;

import io.portcullis.api.ApiException;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.VnicStatusView;
import io.portcullis.api.VnicView;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.traffic.TcpStream;
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
    private static final Duration PROGRESS_LIMIT = Duration.ofSeconds(15);
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
            TcpStream stream = TcpStream.start(
                    consumer.sockets(), web.sockets(), new InetSocketAddress(web.address(false), 80), 100);
            TimeUnit.NANOSECONDS.sleep(CHECKPOINTED.toNanos());
            VnicStatusView before = status(client);
            int connectionsBefore = before == null ? 0 : before.connections();
            long start = System.nanoTime();
            session.cluster().node(HOST).kill();
            session.cluster().start(HOST);
            VnicStatusView back = awaitEnforcing(client);
            double seconds = (System.nanoTime() - start) / 1e9;
            long bytes = stream.receivedBytes();
            boolean survived = progresses(stream, bytes);
            stream.abandon();
            checks.add(Check.of(
                    "killed host enforces again",
                    back.policyRevision() > 0 && !back.rulesHash().isEmpty(),
                    String.format(
                            "%.1f s from SIGKILL to enforcing; %d of %d connections restored; the stream %s",
                            seconds,
                            back.connections(),
                            connectionsBefore,
                            survived ? "went on after the outage" : "did not survive the outage")));
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

    private static boolean progresses(TcpStream stream, long bytes) throws InterruptedException {
        long deadline = System.nanoTime() + PROGRESS_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            if (stream.receivedBytes() > bytes) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return false;
    }
}
