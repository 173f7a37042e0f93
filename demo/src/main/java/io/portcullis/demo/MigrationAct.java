package io.portcullis.demo;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.loadtest.lab.Lab.Count;
import io.portcullis.loadtest.lab.Lab.UplinkWatch;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.traffic.ForbiddenProbe;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.traffic.PingSeries;
import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.traffic.Traffic;
import io.portcullis.loadtest.traffic.UdpExchange;
import io.portcullis.loadtest.vm.KernelSockets;
import io.portcullis.loadtest.vm.VmSockets.TcpCounters;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** web-1 is migrated to and fro under traffic of every kind; nothing may be lost, doubled, reordered or reset. */
final class MigrationAct {
    static final Duration MIGRATION_LIMIT = Duration.ofSeconds(20);

    private static final int STREAM_BLOCKS_PER_SECOND = 400;
    private static final int DATAGRAMS_PER_SECOND = 500;
    /** From here after the commit no unicast frame of the VM may touch the source's uplink. */
    private static final Duration TROMBONE_GRACE = Duration.ofSeconds(1);

    private static final Duration TROMBONE_WATCH = Duration.ofMillis(500);

    private final Session session;
    private final Checks checks;
    private final int migrations;
    private final LabVm web;
    private final LabVm consumer;

    MigrationAct(Session session, Checks checks, int migrations) {
        this.session = session;
        this.checks = checks;
        this.migrations = migrations;
        this.web = session.tenant().vm("web-1");
        this.consumer = session.tenant().vm("client-1");
    }

    void play() {
        checks.heading("Live migration of web-1, " + migrations + " times, under traffic:");
        checks.run("migration under traffic", () -> {
            TcpCounters webBefore = web.sockets().tcpCounters();
            TcpCounters consumerBefore = consumer.sockets().tcpCounters();
            Map<String, Traffic> flows = new LinkedHashMap<>();
            List<MigrationView> moves = new ArrayList<>();
            long tromboned;
            try (TcpListener _ = web.sockets().listen(at(false, 8081));
                    IdleConnection idle4 = IdleConnection.open(consumer.sockets(), web.sockets(), at(false, 443));
                    IdleConnection idle6 = IdleConnection.open(consumer.sockets(), web.sockets(), at(true, 443))) {
                ForbiddenProbe probe = ForbiddenProbe.start(consumer.sockets(), at(false, 8081));
                startFlows(flows);
                tromboned = migrateToAndFro(moves, idle4, idle6);
                ForbiddenProbe.Result attempts = probe.stop();
                checks.add(Check.of(
                        "forbidden stays forbidden during migrations",
                        attempts.admitted() == 0 && attempts.attempts() > moves.size(),
                        attempts.attempts() + " attempts, " + attempts.admitted() + " admitted"));
            }
            flows.forEach((name, flow) -> checks.add(Check.intact(name + " across migrations", "", flow.stop())));
            checkSegments(webBefore, consumerBefore);
            checks.add(Check.of(
                    "no tromboning",
                    tromboned == 0,
                    tromboned + " unicast frames of web-1 on the source's uplink from 1 s after each commit"));
            return receipts(moves);
        });
    }

    private void startFlows(Map<String, Traffic> flows) throws IOException {
        for (boolean ipv6 : new boolean[] {false, true}) {
            String family = ipv6 ? " (IPv6)" : " (IPv4)";
            flows.put(
                    "tcp stream" + family,
                    TcpStream.start(consumer.sockets(), web.sockets(), at(ipv6, 80), STREAM_BLOCKS_PER_SECOND));
            flows.put(
                    "udp exchange" + family,
                    UdpExchange.start(
                            consumer.sockets(),
                            new InetSocketAddress(consumer.address(ipv6), 5001),
                            web.sockets(),
                            at(ipv6, 5000),
                            DATAGRAMS_PER_SECOND));
            if (!(consumer.sockets() instanceof KernelSockets) || KernelSockets.pingInstalled()) {
                flows.put("ping series" + family, PingSeries.start(consumer.sockets(), web.address(ipv6)));
            }
        }
    }

    /** Returns the number of frames that went through an old host. */
    private long migrateToAndFro(List<MigrationView> moves, IdleConnection... idle)
            throws IOException, TimeoutException, InterruptedException {
        long tromboned = 0;
        for (int i = 0; i < migrations; i++) {
            String from = i % 2 == 0 ? "host-1" : "host-2";
            String to = i % 2 == 0 ? "host-2" : "host-1";
            moves.add(migrate(session.client(), "web-1", to));
            for (IdleConnection connection : idle) {
                connection.serverSpeaksFirst();
            }
            TimeUnit.NANOSECONDS.sleep(TROMBONE_GRACE.toNanos());
            UplinkWatch watch = session.lab().watch(from, web.mac());
            TimeUnit.NANOSECONDS.sleep(TROMBONE_WATCH.toNanos());
            Count count = watch.stop();
            if (count.missed() > 0) {
                throw new IOException("the capture missed " + count.missed() + " frames and proves nothing");
            }
            tromboned += count.frames();
        }
        return tromboned;
    }

    /** Asks for a migration and waits for its end. */
    static MigrationView migrate(PortcullisClient client, String vm, String to) throws TimeoutException {
        MigrationView begun = client.migrate(DemoTenant.id(vm), to);
        return client.awaitMigration(begun.id(), MIGRATION_LIMIT);
    }

    private void checkSegments(TcpCounters webBefore, TcpCounters consumerBefore) throws IOException {
        TcpCounters atWeb = web.sockets().tcpCounters().minus(webBefore);
        TcpCounters atConsumer = consumer.sockets().tcpCounters().minus(consumerBefore);
        long outOfOrder = atWeb.outOfOrder() + atConsumer.outOfOrder();
        // A kernel probes its peer when a tail goes unanswered for some milliseconds (RFC 8985, TLP): that is no loss.
        long again = atWeb.retransmitted();
        checks.add(Check.of(
                "tcp segments arrive in order",
                outOfOrder == 0,
                outOfOrder + " out of order at the VMs; " + again + " sent again by web-1's own TCP during pauses"));
    }

    private Check receipts(List<MigrationView> moves) {
        List<Long> pauses = new ArrayList<>();
        long entries = 0;
        List<String> faults = new ArrayList<>();
        for (MigrationView move : moves) {
            ReceiptView receipt = move.receipt();
            if (receipt == null || !"COMMITTED".equals(move.state())) {
                faults.add(move.id() + " ended as " + move.state() + ": " + move.reason());
                continue;
            }
            if (receipt.entriesSent() != receipt.entriesReceived() || receipt.framesDropped() != 0) {
                faults.add(move.id() + ": entries sent " + receipt.entriesSent() + ", received "
                        + receipt.entriesReceived() + ", frames dropped " + receipt.framesDropped());
            }
            entries += receipt.entriesSent();
            pauses.add(receipt.pauseNanos());
        }
        pauses.sort(null);
        return Check.of(
                "receipts of " + moves.size() + " migrations",
                faults.isEmpty() && moves.size() == migrations,
                faults.isEmpty()
                        ? String.format(
                                "all committed, %d connections sent and received, pause median %.1f ms, longest %.1f"
                                        + " ms",
                                entries, median(pauses) / 1e6, pauses.getLast() / 1e6)
                        : String.join("; ", faults));
    }

    private static long median(List<Long> sorted) {
        return sorted.get(sorted.size() / 2);
    }

    private InetSocketAddress at(boolean ipv6, int port) {
        return new InetSocketAddress(web.address(ipv6), port);
    }
}
