package io.portcullis.loadtest.bench;

import io.portcullis.api.ApiException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.loadtest.lab.NodeProcess;
import io.portcullis.loadtest.lab.ProcessMemory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** A cluster of hosts, each a JVM of its own with ports in memory, that takes many vNICs; what each costs, and what a change costs then. */
final class ScaleCluster {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final int CALLERS_PER_HOST = 4;
    /** What was begun by attaching ends meanwhile, and what nobody asks for anything rests. */
    private static final int SETTLING_SECONDS = 40;
    /** One of so many VMs is attached before anything is measured: what the first ones cost is code, and not theirs. */
    private static final int WARM_UP_SHARE = 10;

    private static final int UNAVAILABLE = 503;
    private static final int CONFLICT = 409;
    /** Of an attach whose answer does not come in time. */
    private static final int MAX_TRIES = 10;

    private static final int IDLE_SECONDS = 10;

    private final ScaleTenant tenant;
    private final int changes;
    private final int classes;
    private final int portBase;
    private final NodeJvm jvm;
    private final PrintStream progress;
    /** vNICs that were attached between the two looks at memory. */
    private int measured;

    /**
     * Says what to measure.
     *
     * @param classes how many of those with most bytes of a vNIC are printed
     */
    ScaleCluster(ScaleTenant tenant, int changes, int classes, int portBase, NodeJvm jvm, PrintStream progress) {
        this.tenant = tenant;
        this.changes = changes;
        this.classes = classes;
        this.portBase = portBase;
        this.jvm = jvm;
        this.progress = progress;
    }

    ScaleCost run() throws IOException, InterruptedException, TimeoutException {
        List<String> hosts = IntStream.rangeClosed(1, tenant.hosts())
                .mapToObj(number -> "host-" + number)
                .toList();
        try (MemoryLab lab = MemoryLab.create();
                LocalCluster cluster = new LocalCluster(
                        lab,
                        portBase,
                        jvm,
                        List.of("portcullis.limits.max-vnics=" + tenant.vnics(), "portcullis.admin.ask-timeout=25s"))) {
            progress.println("starting " + String.join(", ", hosts));
            cluster.start(hosts.toArray(String[]::new));
            List<NodeProcess> nodes = hosts.stream().map(cluster::node).toList();
            try (PortcullisClient client = cluster.client()) {
                progress.println("applying " + tenant.vms() + " VMs and " + tenant.applications() + " policies");
                long begin = System.nanoTime();
                apply(client);
                double applySeconds = seconds(begin);
                for (int vm = 0; vm < tenant.vms(); vm++) {
                    for (int vnic = 0; vnic < tenant.vnicsPerVm(); vnic++) {
                        lab.addVm(ScaleTenant.port(vm, vnic));
                    }
                }
                progress.println("attaching them");
                int warmUp = Math.max(tenant.hosts(), tenant.vms() / WARM_UP_SHARE);
                attach(nodes, hosts, 0, warmUp);
                awaitRealized(client);
                TimeUnit.SECONDS.sleep(SETTLING_SECONDS);
                List<ProcessMemory> before = memory(nodes);
                long diskBefore = bytes(cluster.folder());
                begin = System.nanoTime();
                attach(nodes, hosts, warmUp, tenant.vms());
                double attachSeconds = seconds(begin);
                awaitRealized(client);
                double realizedSeconds = seconds(begin);
                progress.println("measuring");
                TimeUnit.SECONDS.sleep(SETTLING_SECONDS);
                measured = (tenant.vms() - warmUp) * tenant.vnicsPerVm();
                List<ProcessMemory> after = memory(nodes);
                printClasses(before, after);
                long diskAfter = bytes(cluster.folder());
                double idle = idleCores(nodes);
                double[] tags = changeTags(client);
                double restart = restart(client, cluster, hosts.getLast());
                return new ScaleCost(
                        tenant,
                        applySeconds,
                        attachSeconds,
                        realizedSeconds,
                        restart,
                        perVnic(heap(after) - heap(before)),
                        perVnic(beside(after) - beside(before)),
                        perVnic(diskAfter - diskBefore),
                        idle,
                        changes,
                        tags[tags.length / 2],
                        tags[tags.length - 1]);
            }
        }
    }

    private void awaitRealized(PortcullisClient client) throws TimeoutException {
        client.awaitRealized(ScaleTenant.NAME, client.tenant(ScaleTenant.NAME).revision(), LIMIT);
    }

    private void apply(PortcullisClient client) throws InterruptedException {
        createTenant(client);
        client.apply(ScaleTenant.NAME, tenant.policy());
        tenant.inventory().forEach(text -> client.apply(ScaleTenant.NAME, text));
    }

    /** On a busy machine the provider's node may not have come up yet. */
    private static void createTenant(PortcullisClient client) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                client.putTenant(ScaleTenant.NAME, new TenantSpec("DROP", "strict"));
                return;
            } catch (ApiException refused) {
                if (refused.status() != UNAVAILABLE || System.nanoTime() - deadline > 0) {
                    throw refused;
                }
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }

    /** By several callers at once, each of the API of the VM's host. */
    private void attach(List<NodeProcess> nodes, List<String> hosts, int first, int end)
            throws IOException, InterruptedException {
        List<AtomicInteger> next = IntStream.range(0, hosts.size())
                .mapToObj(host -> new AtomicInteger(firstOf(host, first)))
                .toList();
        try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS_PER_HOST * hosts.size())) {
            List<Future<?>> done = new ArrayList<>();
            for (int caller = 0; caller < CALLERS_PER_HOST * hosts.size(); caller++) {
                int host = caller % hosts.size();
                PortcullisClient client = nodes.get(host).client();
                done.add(callers.submit(() -> {
                    try (client) {
                        attach(client, hosts.get(host), next.get(host), end);
                    }
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
        } catch (ExecutionException failed) {
            throw new IOException("VMs could not be attached: " + failed.getCause(), failed);
        }
    }

    /** The first VM of this host from one on. */
    private int firstOf(int host, int first) {
        return first + Math.floorMod(host - first, tenant.hosts());
    }

    private void attach(PortcullisClient client, String host, AtomicInteger next, int end) {
        for (int vm = next.getAndAdd(tenant.hosts()); vm < end; vm = next.getAndAdd(tenant.hosts())) {
            attach(client, ScaleTenant.vm(vm), host);
        }
    }

    /** One that gets no answer in time goes on all the same, and is then there already. */
    private static void attach(PortcullisClient client, String vm, String host) {
        boolean isAgain = false;
        for (int left = MAX_TRIES; ; left--) {
            try {
                client.attach(ScaleTenant.NAME, vm, host);
                return;
            } catch (NotReachableException late) {
                if (left == 0) {
                    throw late;
                }
            } catch (ApiException refused) {
                if (isAgain && refused.status() == CONFLICT) {
                    return;
                }
                if (left == 0 || refused.status() != UNAVAILABLE) {
                    throw refused;
                }
            }
            isAgain = true;
        }
    }

    private static List<ProcessMemory> memory(List<NodeProcess> nodes) throws IOException, InterruptedException {
        List<ProcessMemory> all = new ArrayList<>();
        for (NodeProcess node : nodes) {
            all.add(ProcessMemory.of(node.pid()));
        }
        return all;
    }

    private static long heap(List<ProcessMemory> all) {
        return all.stream().mapToLong(ProcessMemory::heapBytes).sum();
    }

    /** Resident; the heap is so from the start. */
    private static long beside(List<ProcessMemory> all) {
        return all.stream().mapToLong(ProcessMemory::residentBytes).sum();
    }

    private double perVnic(long bytes) {
        return (double) bytes / measured;
    }

    private void printClasses(List<ProcessMemory> before, List<ProcessMemory> after) {
        after.stream()
                .flatMap(each -> each.heapByClass().keySet().stream())
                .distinct()
                .map(name -> Map.entry(name, ofClass(after, name) - ofClass(before, name)))
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(classes)
                .forEach(entry ->
                        progress.printf("%10.1f bytes for a vNIC: %s%n", perVnic(entry.getValue()), entry.getKey()));
    }

    private static long ofClass(List<ProcessMemory> all, String name) {
        return all.stream()
                .mapToLong(each -> each.heapByClass().getOrDefault(name, 0L))
                .sum();
    }

    /** Cores that all hosts keep busy while nothing happens. */
    private static double idleCores(List<NodeProcess> nodes) throws InterruptedException {
        TimeUnit.SECONDS.sleep(IDLE_SECONDS);
        long before = nodes.stream().mapToLong(NodeProcess::cpuMillis).sum();
        TimeUnit.SECONDS.sleep(IDLE_SECONDS);
        long after = nodes.stream().mapToLong(NodeProcess::cpuMillis).sum();
        return (after - before) / 1e3 / IDLE_SECONDS;
    }

    /** Milliseconds until each is enforced everywhere, sorted. */
    private double[] changeTags(PortcullisClient client) throws TimeoutException {
        double[] millis = new double[changes];
        for (int change = 0; change < changes; change++) {
            int vm = change % tenant.vms();
            int times = change / tenant.vms();
            long begin = System.nanoTime();
            ChangeView made = client.tag(
                    ScaleTenant.NAME,
                    ScaleTenant.vm(vm),
                    List.of(tenant.tagAfter(vm, times + 1)),
                    List.of(tenant.tagAfter(vm, times)));
            client.awaitRealized(ScaleTenant.NAME, made.revision(), LIMIT);
            millis[change] = seconds(begin) * 1e3;
        }
        Arrays.sort(millis);
        return millis;
    }

    /** Seconds from the start of a killed host until it has all its vNICs again. */
    private double restart(PortcullisClient client, LocalCluster cluster, String host)
            throws IOException, InterruptedException, TimeoutException {
        NodeProcess node = cluster.node(host);
        int vnics = client.host(host).vnics();
        node.kill();
        long begin = System.nanoTime();
        node.start();
        node.awaitReady(LIMIT);
        try (PortcullisClient own = node.client()) {
            while (own.host(host).vnics() < vnics) {
                if (seconds(begin) > LIMIT.toSeconds()) {
                    throw new TimeoutException(host + " did not get its vNICs again");
                }
                TimeUnit.MILLISECONDS.sleep(200);
            }
        }
        return seconds(begin);
    }

    private static double seconds(long beginNanos) {
        return (System.nanoTime() - beginNanos) / 1e9;
    }

    /** Files may vanish meanwhile. */
    private static long bytes(Path folder) throws IOException {
        long sum = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                sum += Files.isDirectory(entry) ? bytes(entry) : entry.toFile().length();
            }
        }
        return sum;
    }
}
