package io.portcullis.loadtest.run;

import io.portcullis.api.ApiException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmView;
import io.portcullis.loadtest.arm.Controls;
import io.portcullis.loadtest.flow.FlowTraffic;
import io.portcullis.loadtest.flow.VmEnd;
import io.portcullis.loadtest.history.History;
import io.portcullis.loadtest.lab.FrameLab;
import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.scenario.Scenario;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One scenario played on hosts that are there: makes a tenant with its VMs, opens the connections, plays the timeline, and puts together what came of it. Tenant and VMs stay. One
 * thread; others may play on the same hosts meanwhile, as other tenants, unless one of them kills or empties hosts.
 */
public final class ScenarioPlay {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    /** Before the timeline begins, and after it has ended. */
    private static final long LEAD_MILLIS = 500;

    private static final int UNAVAILABLE = 503;

    private final Scenario scenario;
    private final double scale;
    private final long seed;
    private final ScenarioHosts hosts;
    private final String tenant;
    private final int firstVlan;
    private final PrintStream progress;

    /**
     * @param scale by which the scenario was made smaller, for the report
     * @param tenant whom nobody knows yet
     * @param firstVlan of the tenant; each of the scenario's arms takes one more
     * @param progress where it says what it does
     */
    public ScenarioPlay(
            Scenario scenario,
            double scale,
            long seed,
            ScenarioHosts hosts,
            String tenant,
            int firstVlan,
            PrintStream progress) {
        this.scenario = scenario;
        this.scale = scale;
        this.seed = seed;
        this.hosts = hosts;
        this.tenant = tenant;
        this.firstVlan = firstVlan;
        this.progress = progress;
    }

    /** Plays it. */
    public RunReport run() throws IOException, InterruptedException, TimeoutException {
        FrameLab lab = hosts.lab();
        Inventory inventory = new Inventory(scenario, lab, tenant, firstVlan);
        History history = new History(
                hosts.names(), inventory.ends().stream().map(VmEnd::name).toList());
        Placements placements = new Placements(hosts.names(), history, inventory);
        try (PortcullisClient client = hosts.cluster().client();
                FlowTraffic traffic = new FlowTraffic(
                        history,
                        hostNumbers(),
                        scenario.script().traffic(),
                        inventory.ends(),
                        lab.uplink(tenant + "-clients"),
                        seed);
                FrameLab.Observation _ = lab.observe(hosts.names(), traffic::seenOnUplink)) {
            prepare(client, inventory, placements);
            try (Controls controls = Controls.prepare(client, lab, scenario, tenant, inventory.subjects())) {
                return play(client, inventory, placements, history, traffic, controls);
            }
        }
    }

    private Map<String, Integer> hostNumbers() {
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < hosts.names().size(); i++) {
            numbers.put(hosts.names().get(i), i);
        }
        return numbers;
    }

    private void prepare(PortcullisClient client, Inventory inventory, Placements placements)
            throws TimeoutException, InterruptedException {
        putTenant(client);
        client.apply(tenant, inventory.documents());
        long revision = client.apply(tenant, scenario.tenant().policy()).revision();
        long now = System.nanoTime();
        inventory.firstHosts().forEach((vm, host) -> {
            VmView view = client.attach(tenant, vm, host);
            placements.placed(vm, host, view.placement().epoch(), now);
        });
        client.awaitRealized(tenant, revision, LIMIT);
    }

    /** A cluster that has just begun may not answer in time; then nothing was changed. */
    private void putTenant(PortcullisClient client) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                client.putTenant(
                        tenant,
                        new TenantSpec(
                                scenario.tenant().defaultAction(),
                                scenario.tenant().tracking()));
                return;
            } catch (ApiException notYet) {
                if (notYet.status() != UNAVAILABLE || System.nanoTime() > deadline) {
                    throw notYet;
                }
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }

    private RunReport play(
            PortcullisClient client,
            Inventory inventory,
            Placements placements,
            History history,
            FlowTraffic traffic,
            Controls controls)
            throws IOException, InterruptedException, TimeoutException {
        progress.println("opening connections");
        traffic.open();
        traffic.send();
        TimeUnit.MILLISECONDS.sleep(LEAD_MILLIS);
        Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        long start = System.nanoTime();
        Moves moves = new Moves(client, inventory, placements, start);
        Progress told = new Progress(progress, moves);
        Timeline timeline = new Timeline(
                scenario,
                hosts.cluster(),
                client,
                inventory,
                placements,
                moves,
                history,
                () -> {
                    controls.moveAll(start);
                    told.tell();
                },
                start);
        progress.println("playing " + scenario.name());
        ResourceWatch watch = new ResourceWatch(
                hosts.cluster(), scenario.hosts().names(), scenario.script().sampleMillis(), start);
        try (watch) {
            timeline.run();
        }
        for (String vm : placements.all()) {
            moves.catchUp(vm);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        TimeUnit.MILLISECONDS.sleep(LEAD_MILLIS);
        traffic.settle();
        traffic.close();
        placements.finish();
        progress.println("checking the history of " + history.sent().size() + " frames");
        return new Results(scenario, scale, seed)
                .report(
                        started.toString(),
                        start,
                        seconds,
                        timeline,
                        moves.records(),
                        controls.moves(),
                        watch.samples(),
                        traffic,
                        history);
    }
}
