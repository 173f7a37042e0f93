package io.portcullis.demo;

import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.traffic.TcpStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A tag is set, group membership changes, and traffic is cut: no address is named. */
final class QuarantineAct {
    private static final String TAG = "quarantine:yes";
    private static final long CUT_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Session session;
    private final Checks checks;

    QuarantineAct(Session session, Checks checks) {
        this.session = session;
        this.checks = checks;
    }

    void play() {
        checks.heading("Quarantine by tag:");
        LabVm web = session.tenant().vm("web-2");
        LabVm consumer = session.tenant().vm("client-1");
        checks.run("a tag cuts established traffic", () -> cut(web, consumer));
        checks.run("quarantined: new connection", () -> PolicyAct.dropped(consumer, web, 80, false, " in quarantine"));
        checks.run("released: new connection", () -> {
            long revision = session.client()
                    .tag(DemoTenant.NAME, "web-2", List.of(), List.of(TAG))
                    .revision();
            session.client().awaitRealized(DemoTenant.NAME, revision, DemoTenant.REALIZE_LIMIT);
            return PolicyAct.allowed(consumer, web, 80, false, " after quarantine");
        });
    }

    private Check cut(LabVm web, LabVm consumer) throws IOException, InterruptedException, TimeoutException {
        TcpStream stream =
                TcpStream.start(consumer.sockets(), web.sockets(), new InetSocketAddress(web.address(false), 80), 400);
        awaitProgress(stream);
        long start = System.nanoTime();
        session.client().tag(DemoTenant.NAME, "web-2", List.of(TAG), List.of());
        while (System.nanoTime() - stream.lastReceivedNanos() < QUIET_NANOS
                && System.nanoTime() - start < 5 * CUT_LIMIT_NANOS) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        long last = stream.lastReceivedNanos();
        stream.abandon();
        return Check.of(
                "a tag cuts established traffic",
                last - start < CUT_LIMIT_NANOS,
                String.format("last byte received %.1f ms after the tag was sent", (last - start) / 1e6));
    }

    private static void awaitProgress(TcpStream stream) throws InterruptedException, TimeoutException {
        long deadline = System.nanoTime() + 5 * CUT_LIMIT_NANOS;
        while (stream.receivedBytes() < 10_000) {
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("the stream does not flow");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
