package io.portcullis.loadtest.bench;

import io.portcullis.api.ChangeView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A cluster of hosts, each a JVM of its own with ports in memory, and one tenant whose rules are all replaced, and then changed one by one.
 * Each change is timed from its request until the API says that every vNIC enforces it.
 */
final class RealizeRun {
    static final Duration LIMIT = Duration.ofSeconds(60);
    /** How often all rules are replaced after the first time. */
    private static final int REPLACEMENTS = 4;

    private final RealizeTenant tenant;
    private final int changes;
    private final int portBase;
    private final NodeJvm jvm;
    private final PrintStream progress;

    RealizeRun(RealizeTenant tenant, int changes, int portBase, NodeJvm jvm, PrintStream progress) {
        this.tenant = tenant;
        this.changes = changes;
        this.portBase = portBase;
        this.jvm = jvm;
        this.progress = progress;
    }

    /** A change: answered by the API, and enforced everywhere, in milliseconds from its request. */
    private record Timed(double answered, double realized) {}

    RealizeResult run() throws IOException, InterruptedException, TimeoutException {
        List<String> hosts = IntStream.rangeClosed(1, tenant.hosts())
                .mapToObj(number -> "host-" + number)
                .toList();
        try (MemoryLab lab = MemoryLab.create();
                LocalCluster cluster = new LocalCluster(lab, portBase, jvm)) {
            progress.println("starting " + String.join(", ", hosts));
            cluster.start(hosts.toArray(String[]::new));
            try (PortcullisClient client = cluster.client()) {
                progress.println("attaching " + tenant.vms() + " VMs");
                create(client, lab, hosts);
                progress.println("applying " + tenant.rules() + " rules");
                Timed first = timed(client, () -> client.apply(RealizeTenant.NAME, tenant.policies(0)));
                List<Timed> again = new ArrayList<>();
                for (int version = 1; version <= REPLACEMENTS; version++) {
                    String next = tenant.policies(version);
                    again.add(timed(client, () -> client.apply(RealizeTenant.NAME, next)));
                }
                progress.println("changing " + changes + " tags, as many rules, and all rules of as many policies");
                double[] tags = changes(client, this::changeTag);
                double[] rules = changes(client, this::changeRule);
                double[] policies = changes(client, this::changePolicy);
                return result(first, again, tags, rules, policies);
            }
        }
    }

    private void create(PortcullisClient client, MemoryLab lab, List<String> hosts) throws TimeoutException {
        client.putTenant(RealizeTenant.NAME, new TenantSpec("DROP", "strict"));
        client.apply(RealizeTenant.NAME, tenant.inventory());
        for (int vm = 0; vm < tenant.vms(); vm++) {
            String name = RealizeTenant.vm(vm);
            lab.addVm(name, new MacAddress(0x0200_0000_0000L + vm), List.of());
            client.attach(RealizeTenant.NAME, name, hosts.get(tenant.host(vm)));
        }
        client.awaitRealized(
                RealizeTenant.NAME, client.tenant(RealizeTenant.NAME).revision(), LIMIT);
    }

    private interface Change {
        ChangeView make(PortcullisClient client, int number);
    }

    private double[] changes(PortcullisClient client, Change change) throws TimeoutException {
        // the code must be warm, not the goal
        for (int number = 0; number < changes / 4; number++) {
            change.make(client, number);
        }
        double[] millis = new double[changes];
        for (int number = 0; number < changes; number++) {
            int each = changes / 4 + number;
            millis[number] = timed(client, () -> change.make(client, each)).realized();
        }
        Arrays.sort(millis);
        return millis;
    }

    private ChangeView changeTag(PortcullisClient client, int number) {
        int vm = number % tenant.vms();
        int times = number / tenant.vms();
        int now = (tenant.application(vm) + times) % tenant.applications();
        int next = (now + 1) % tenant.applications();
        return client.tag(
                RealizeTenant.NAME,
                RealizeTenant.vm(vm),
                List.of(RealizeTenant.tag(next)),
                List.of(RealizeTenant.tag(now)));
    }

    /** Round by round through the applications, each round with the next service. */
    private ChangeView changeRule(PortcullisClient client, int number) {
        int round = number / tenant.applications();
        return putPolicy(client, number, REPLACEMENTS, REPLACEMENTS + 1 + round);
    }

    private ChangeView changePolicy(PortcullisClient client, int number) {
        int version = REPLACEMENTS + 1 + number / tenant.applications();
        return putPolicy(client, number, version, version);
    }

    private ChangeView putPolicy(PortcullisClient client, int number, int version, int versionOfLast) {
        int application = number % tenant.applications();
        return client.put(
                RealizeTenant.NAME,
                "policies",
                RealizeTenant.policy(application),
                tenant.policy(application, version, versionOfLast));
    }

    private Timed timed(PortcullisClient client, Supplier<ChangeView> change) throws TimeoutException {
        long begin = System.nanoTime();
        ChangeView made = change.get();
        long answered = System.nanoTime();
        client.awaitRealized(RealizeTenant.NAME, made.revision(), LIMIT);
        return new Timed((answered - begin) / 1e6, (System.nanoTime() - begin) / 1e6);
    }

    private RealizeResult result(Timed first, List<Timed> again, double[] tags, double[] rules, double[] policies) {
        double[] answered = again.stream().mapToDouble(Timed::answered).sorted().toArray();
        double[] realized = again.stream().mapToDouble(Timed::realized).sorted().toArray();
        return new RealizeResult(
                tenant,
                changes,
                first.answered(),
                first.realized(),
                quantile(answered, 0.5),
                quantile(realized, 0.5),
                Spread.of(tags),
                Spread.of(rules),
                Spread.of(policies));
    }

    private static double quantile(double[] sorted, double part) {
        return sorted[Math.max(0, (int) Math.ceil(part * sorted.length) - 1)];
    }

    /** Times of one kind of change, in milliseconds. */
    record Spread(double median, double p99, double worst) {
        static Spread of(double[] sorted) {
            return new Spread(quantile(sorted, 0.5), quantile(sorted, 0.99), sorted[sorted.length - 1]);
        }

        String json(String kind) {
            return String.format(
                    Locale.ROOT,
                    "\"%sMillisP50\":%.1f,\"%sMillisP99\":%.1f,\"%sMillisWorst\":%.1f",
                    kind,
                    median,
                    kind,
                    p99,
                    kind,
                    worst);
        }

        String line(String what) {
            return String.format(Locale.ROOT, "%-24s %8.1f ms, p99 %.1f, worst %.1f%n", what, median, p99, worst);
        }
    }

    /** What a run measured; times in milliseconds from a request on. */
    record RealizeResult(
            RealizeTenant tenant,
            int changes,
            double firstAppliedMillis,
            double firstRealizedMillis,
            double appliedMillis,
            double realizedMillis,
            Spread tags,
            Spread rules,
            Spread policies)
            implements BenchResult {
        @Override
        public String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"rules\":%d,\"policies\":%d,\"vms\":%d,\"hosts\":%d,\"firstAppliedMillis\":%.0f,"
                            + "\"firstRealizedMillis\":%.0f,\"appliedMillis\":%.0f,\"realizedMillis\":%.0f,"
                            + "\"changes\":%d,%s,%s,%s}",
                    tenant.rules(),
                    tenant.applications(),
                    tenant.vms(),
                    tenant.hosts(),
                    firstAppliedMillis,
                    firstRealizedMillis,
                    appliedMillis,
                    realizedMillis,
                    changes,
                    tags.json("tag"),
                    rules.json("rule"),
                    policies.json("policy"));
        }

        @Override
        public String table() {
            return String.format(
                            Locale.ROOT,
                            "%,d rules in %,d policies, %,d VMs on %d hosts; %d changes of each kind%n"
                                    + "all rules, the first time answered %,8.0f ms, realized %,8.0f ms%n"
                                    + "all rules replaced       answered %,8.0f ms, realized %,8.0f ms (medians)%n",
                            tenant.rules(),
                            tenant.applications(),
                            tenant.vms(),
                            tenant.hosts(),
                            changes,
                            firstAppliedMillis,
                            firstRealizedMillis,
                            appliedMillis,
                            realizedMillis)
                    + tags.line("one tag")
                    + rules.line("one rule")
                    + policies.line("all rules of a policy").stripTrailing();
        }
    }
}
