package io.portcullis.loadtest.bench;

import io.portcullis.api.CopyRoundView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VnicReceipt;
import io.portcullis.loadtest.lab.Certificates;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.lab.NodeJvm;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/**
 * Two hosts, each a JVM of its own, and a VM with many connections that moves from one to the other and back while frames go. This process is
 * the third: the network, and both ends of all connections.
 */
final class MigrateRun {
    private static final String TENANT = "bench";
    private static final String VM = "moving";
    private static final List<String> HOSTS = List.of("host-1", "host-2");
    private static final Duration LIMIT = Duration.ofMinutes(5);
    /** Between two moves, and as long without one for comparison. */
    private static final long REST_MILLIS = 500;

    private static final int SPARE_CONNECTIONS = 65_536;

    private static final String DOCUMENTS = """
        kind: Segment
        metadata: {name: front}
        spec: {vlan: %d}
        ---
        kind: Policy
        metadata: {name: web}
        spec:
          category: APPLICATION
          rules:
            - {name: https, services: [https], action: ALLOW}
        ---
        kind: Vm
        metadata: {name: %s}
        spec: {vnics: [{name: eth0, mac: "%s", addresses: [10.0.0.5], segment: front, port: "memory:%s"}]}
        """.formatted(MigrateFlows.VLAN, VM, MigrateFlows.VM_MAC, VM);

    private final int connections;
    private final int framesPerSecond;
    private final int moves;
    private final long seed;
    private final int portBase;
    private final int heapMebibytes;
    private final boolean speaksTls;
    private final PrintStream progress;

    private final Histogram pauses = new Histogram(3);
    private final Histogram delays = new Histogram(3);
    private final Histogram idleDelays = new Histogram(3);
    private final List<Integer> rounds = new ArrayList<>();
    private final List<Double> bytesPerConnection = new ArrayList<>();
    private final List<Double> connectionsPerSecond = new ArrayList<>();
    private final List<Long> sourceCpuMillis = new ArrayList<>();
    private final List<Long> destinationCpuMillis = new ArrayList<>();
    private final List<Long> restBytes = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    MigrateRun(
            int connections,
            int framesPerSecond,
            int moves,
            long seed,
            int portBase,
            int heapMebibytes,
            boolean speaksTls,
            PrintStream progress) {
        this.connections = connections;
        this.framesPerSecond = framesPerSecond;
        this.moves = moves;
        this.seed = seed;
        this.portBase = portBase;
        this.heapMebibytes = heapMebibytes;
        this.speaksTls = speaksTls;
        this.progress = progress;
    }

    MigrateResult run() throws IOException, InterruptedException, TimeoutException {
        MigrateFlows flows = new MigrateFlows(connections, seed);
        try (Certificates certificates = speaksTls ? Certificates.make(HOSTS) : Certificates.none();
                MemoryLab lab = MemoryLab.create();
                LocalCluster cluster =
                        new LocalCluster(lab, portBase, NodeJvm.small(heapMebibytes), settings(certificates))) {
            progress.println("starting " + String.join(", ", HOSTS));
            cluster.start(HOSTS.toArray(String[]::new));
            try (PortcullisClient client = cluster.client();
                    MigrateTraffic traffic = new MigrateTraffic(flows, lab.addVm(VM), lab.uplink("clients"))) {
                client.putTenant(TENANT, new TenantSpec("DROP", "strict"));
                long revision = client.apply(TENANT, DOCUMENTS).revision();
                client.attach(TENANT, VM, HOSTS.getFirst());
                client.awaitRealized(TENANT, revision, LIMIT);
                progress.println("opening " + connections + " connections of " + flows.clients() + " clients");
                traffic.open();
                progress.println("moving " + moves + " times");
                moveAll(cluster, client, traffic);
                return result(flows, traffic);
            }
        }
    }

    private List<String> settings(Certificates certificates) {
        List<String> settings = new ArrayList<>(certificates.settings());
        settings.add("portcullis.limits.max-connections-per-vnic=" + (connections + SPARE_CONNECTIONS));
        settings.add("portcullis.limits.max-new-connections-per-second-per-vnic=1000000");
        return settings;
    }

    private void moveAll(LocalCluster cluster, PortcullisClient client, MigrateTraffic traffic)
            throws IOException, InterruptedException, TimeoutException {
        traffic.send(framesPerSecond);
        TimeUnit.MILLISECONDS.sleep(2 * REST_MILLIS);
        for (int move = 0; move < moves; move++) {
            String from = HOSTS.get(move % 2);
            String to = HOSTS.get((move + 1) % 2);
            traffic.takeLongestDelayNanos();
            long fromIdle = cluster.node(from).cpuMillis();
            long toIdle = cluster.node(to).cpuMillis();
            TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
            fromIdle = cluster.node(from).cpuMillis() - fromIdle;
            toIdle = cluster.node(to).cpuMillis() - toIdle;
            idleDelays.recordValue(traffic.takeLongestDelayNanos());
            long fromCpu = cluster.node(from).cpuMillis();
            long toCpu = cluster.node(to).cpuMillis();
            long begin = System.nanoTime();
            MigrationView begun = client.migrate(TENANT + "/" + VM, to);
            MigrationView ended = client.awaitMigration(begun.id(), LIMIT);
            double rests = (System.nanoTime() - begin) / 1e6 / REST_MILLIS;
            // what the same frames cost without a move is not the move's
            sourceCpuMillis.add(cluster.node(from).cpuMillis() - fromCpu - Math.round(fromIdle * rests));
            destinationCpuMillis.add(cluster.node(to).cpuMillis() - toCpu - Math.round(toIdle * rests));
            note(move, ended, traffic.takeLongestDelayNanos());
        }
        traffic.settle();
    }

    private void note(int move, MigrationView ended, long longestDelayNanos) throws IOException {
        ReceiptView receipt = ended.receipt();
        if (receipt == null || !"COMMITTED".equals(ended.state())) {
            throw new IOException("move " + move + " " + ended.state() + ": " + ended.reason());
        }
        VnicReceipt vnic = receipt.vnics().getFirst();
        pauses.recordValue(receipt.pauseNanos());
        delays.recordValue(longestDelayNanos);
        rounds.add(vnic.rounds().size());
        restBytes.add(vnic.restBytes());
        problems.addAll(receipt.problems());
        if (!vnic.rounds().isEmpty()) {
            CopyRoundView first = vnic.rounds().getFirst();
            bytesPerConnection.add((double) first.bytes() / Math.max(1, first.entries()));
            connectionsPerSecond.add(first.entries() * 1e9 / Math.max(1, first.nanos()));
        }
        progress.printf(
                Locale.ROOT,
                "move %d: pause %.2f ms, longest delay %.2f ms, %d rounds %s, %d bytes in the pause%n",
                move + 1,
                receipt.pauseNanos() / 1e6,
                longestDelayNanos / 1e6,
                vnic.rounds().size(),
                vnic.rounds().stream()
                        .map(round -> round.entries() + "/" + round.nanos() / 1_000_000 + " ms")
                        .toList(),
                vnic.restBytes());
    }

    private MigrateResult result(MigrateFlows flows, MigrateTraffic traffic) {
        return new MigrateResult(
                connections,
                flows.clients(),
                framesPerSecond,
                moves,
                seed,
                speaksTls,
                median(rounds.stream().map(Integer::doubleValue).toList()),
                median(bytesPerConnection),
                flows.floorBits() / 8,
                median(connectionsPerSecond),
                pauses.getValueAtPercentile(50) / 1e3,
                pauses.getValueAtPercentile(99) / 1e3,
                delays.getValueAtPercentile(50) / 1e3,
                delays.getValueAtPercentile(99) / 1e3,
                idleDelays.getValueAtPercentile(50) / 1e3,
                median(restBytes.stream().map(Long::doubleValue).toList()),
                traffic.sent(),
                traffic.lost(),
                traffic.duplicated(),
                traffic.reordered(),
                median(sourceCpuMillis.stream().map(Long::doubleValue).toList()),
                median(destinationCpuMillis.stream().map(Long::doubleValue).toList()),
                List.copyOf(problems));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2);
    }
}
