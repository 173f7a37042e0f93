package io.portcullis.demo;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.traffic.TcpStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A host joins and gets a VM; it leaves, and its VM is evacuated first. The VM's stream knows nothing of it. */
final class MembershipAct {
    private static final String NEW_HOST = "host-4";
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(60);

    private final Session session;
    private final Checks checks;

    MembershipAct(Session session, Checks checks) {
        this.session = session;
        this.checks = checks;
    }

    void play() {
        checks.heading("A host joins and leaves:");
        checks.run("a host joins and leaves", () -> {
            LabVm web = session.tenant().vm("web-2");
            LabVm consumer = session.tenant().vm("client-1");
            PortcullisClient client = session.client();
            TcpStream stream = TcpStream.start(
                    consumer.sockets(), web.sockets(), new InetSocketAddress(web.address(false), 80), 200);
            long start = System.nanoTime();
            session.cluster().start(NEW_HOST);
            checks.add(Check.of("a fourth host joins", true, String.format("ready after %.1f s", since(start))));
            MigrationView move = MigrationAct.migrate(client, "web-2", NEW_HOST);
            checks.add(Check.of("a VM moves to it", "COMMITTED".equals(move.state()), "web-2 " + move.state()));
            start = System.nanoTime();
            client.leave(NEW_HOST);
            awaitGone();
            PlacementView placement = client.vm(DemoTenant.NAME, "web-2").placement();
            checks.add(Check.of(
                    "it leaves and is evacuated first",
                    placement.host() != null && !NEW_HOST.equals(placement.host()),
                    String.format("web-2 is on %s, the node ended after %.1f s", placement.host(), since(start))));
            return Check.intact("tcp stream across join and leave", "", stream.stop());
        });
    }

    private void awaitGone() throws TimeoutException, InterruptedException {
        long deadline = System.nanoTime() + LEAVE_LIMIT.toNanos();
        while (session.cluster().node(NEW_HOST).isAlive()) {
            if (System.nanoTime() > deadline) {
                throw new TimeoutException(NEW_HOST + " did not end within " + LEAVE_LIMIT.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static double since(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }
}
