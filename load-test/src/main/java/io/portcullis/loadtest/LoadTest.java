package io.portcullis.loadtest;

import io.portcullis.api.HostView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmSpec;
import io.portcullis.api.VnicSpec;
import io.portcullis.loadtest.lab.Lab;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.traffic.ShortConnections;
import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.traffic.TrafficResult;
import io.portcullis.loadtest.traffic.UdpExchange;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/** One run: a tenant and two VMs of its own, traffic between them, migrations of the server. One thread. */
final class LoadTest implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int STREAM_BLOCKS_PER_SECOND = 10;
    private static final int STREAM_PORT = 7000;
    private static final int SHORT_PORT = 6999;
    private static final int UDP_PORT = 7001;
    private final PortcullisClient client;
    private final Lab lab;
    private final String tenant;
    private final List<String> hosts;
    private final LabVm server;
    private final LabVm consumer;

    private LoadTest(
            PortcullisClient client, Lab lab, String tenant, List<String> hosts, LabVm server, LabVm consumer) {
        this.client = client;
        this.lab = lab;
        this.tenant = tenant;
        this.hosts = hosts;
        this.server = server;
        this.consumer = consumer;
    }

    /** Makes tenant and VMs, attaches them to two hosts, waits until all is enforced. */
    static LoadTest prepare(PortcullisClient client, Lab lab) throws IOException, TimeoutException {
        int number = ThreadLocalRandom.current().nextInt(1, 250);
        String tenant = "load-" + ProcessHandle.current().pid();
        try {
            List<String> hosts = client.hosts().stream()
                    .filter(host -> "UP".equals(host.status()) && !host.draining())
                    .map(HostView::name)
                    .toList();
            if (hosts.size() < 2) {
                throw new IOException("a migration needs two hosts, and only " + hosts + " can take a VM");
            }
            client.putTenant(tenant, new TenantSpec("DROP", "strict"));
            long revision = client.apply(tenant, documents(3_800 + number)).revision();
            LabVm server = addVm(client, lab, tenant, number, 1);
            LabVm consumer = addVm(client, lab, tenant, number, 2);
            client.attach(tenant, server.name(), hosts.get(0));
            client.attach(tenant, consumer.name(), hosts.get(1));
            client.awaitRealized(tenant, revision, LIMIT);
            return new LoadTest(client, lab, tenant, hosts, server, consumer);
        } catch (IOException | TimeoutException | RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    LoadReport run(LoadPlan plan) throws IOException, TimeoutException, InterruptedException {
        List<TcpStream> streams = new ArrayList<>();
        for (int i = 0; i < plan.connections(); i++) {
            streams.add(
                    TcpStream.start(consumer.sockets(), server.sockets(), at(STREAM_PORT), STREAM_BLOCKS_PER_SECOND));
        }
        UdpExchange datagrams = UdpExchange.start(
                consumer.sockets(),
                new InetSocketAddress(consumer.address(false), UDP_PORT),
                server.sockets(),
                at(UDP_PORT),
                plan.datagramsPerSecond());
        ShortConnections shortConnections =
                ShortConnections.start(consumer.sockets(), server.sockets(), at(SHORT_PORT), plan.shortPerSecond());
        Histogram pauses = new Histogram(3);
        Histogram gaps = new Histogram(3);
        List<String> failures = new ArrayList<>();
        long start = System.nanoTime();
        int migrations = migrate(plan, datagrams, pauses, gaps, failures);
        TrafficResult shortResult = shortConnections.stop();
        TrafficResult streamResult =
                streams.stream().map(TcpStream::stop).reduce(TrafficResult.NONE, TrafficResult::plus);
        return new LoadReport(
                (System.nanoTime() - start) / 1e9,
                hosts,
                migrations,
                failures,
                streamResult,
                datagrams.stop(),
                shortResult,
                pauses,
                gaps,
                shortConnections.connectNanos());
    }

    private int migrate(LoadPlan plan, UdpExchange datagrams, Histogram pauses, Histogram gaps, List<String> failures)
            throws TimeoutException, InterruptedException {
        long end = System.nanoTime() + plan.duration().toNanos();
        long interval = plan.migrationInterval().toNanos();
        int migrations = 0;
        while (System.nanoTime() < end) {
            long due = System.nanoTime() + (interval == 0 ? end - System.nanoTime() : interval);
            if (interval > 0) {
                datagrams.takeLongestGapNanos();
                String to = hosts.get((migrations + 1) % hosts.size());
                MigrationView begun = client.migrate(tenant + "/" + server.name(), to);
                MigrationView ended = client.awaitMigration(begun.id(), LIMIT);
                ReceiptView receipt = ended.receipt();
                if (receipt == null || !"COMMITTED".equals(ended.state())) {
                    failures.add(ended.id() + " " + ended.state() + ": " + ended.reason());
                } else {
                    pauses.recordValue(receipt.pauseNanos());
                    gaps.recordValue(datagrams.takeLongestGapNanos());
                }
                migrations++;
            }
            long left = Math.min(due, end) - System.nanoTime();
            if (left > 0) {
                TimeUnit.NANOSECONDS.sleep(left);
            }
        }
        return migrations;
    }

    private InetSocketAddress at(int port) {
        return new InetSocketAddress(server.address(false), port);
    }

    private static String documents(int vlan) {
        return """
            kind: Segment
            metadata: {name: load}
            spec: {vlan: %d}
            ---
            kind: Policy
            metadata: {name: load}
            spec:
              category: APPLICATION
              rules:
                - {name: all, services: [any], action: ALLOW}
            """.formatted(vlan);
    }

    private static LabVm addVm(PortcullisClient client, Lab lab, String tenant, int network, int number)
            throws IOException {
        List<InetAddress> addresses = List.of(InetAddress.getByName("10.99." + network + "." + number));
        MacAddress mac = new MacAddress(0x0263_0000_0000L + (network << 8) + number);
        String name = "load-" + number;
        LabVm vm = lab.addVm(name, mac, addresses);
        VnicSpec vnic = new VnicSpec(
                "eth0", mac.toString(), List.of(addresses.getFirst().getHostAddress()), "load", vm.port());
        client.putVm(tenant, name, new VmSpec("linux", List.of(), List.of(vnic)));
        return vm;
    }

    /** Takes away what {@link #prepare} made. */
    @Override
    public void close() {
        try {
            for (LabVm vm : List.of(server, consumer)) {
                client.detach(tenant, vm.name());
                client.deleteVm(tenant, vm.name());
            }
            client.delete(tenant, "policies", "load");
            client.delete(tenant, "segments", "load");
            client.deleteTenant(tenant);
        } finally {
            lab.close();
        }
    }
}
