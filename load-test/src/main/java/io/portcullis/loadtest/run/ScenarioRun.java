package io.portcullis.loadtest.run;

import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmView;
import io.portcullis.loadtest.arm.Controls;
import io.portcullis.loadtest.flow.FlowTraffic;
import io.portcullis.loadtest.flow.VmEnd;
import io.portcullis.loadtest.history.History;
import io.portcullis.loadtest.lab.Certificates;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.scenario.Scenario;
import io.portcullis.loadtest.scenario.TrafficPlan;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One run of a scenario: starts its hosts, each a process with the product's node in it, makes a tenant with its VMs, opens the connections, plays the
 * timeline, and puts together what came of it. Leaves nothing behind. One thread.
 */
public final class ScenarioRun {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    /** Before the timeline begins, and after it has ended. */
    private static final long LEAD_MILLIS = 500;

    private static final int SPARE_CONNECTIONS = 65_536;

    private final Scenario scenario;
    private final double scale;
    private final long seed;
    private final int portBase;
    private final PrintStream progress;

    /**
     * @param scale by which the scenario was made smaller, for the report
     * @param portBase of the first host; ten ports for each
     * @param progress where it says what it does
     */
    public ScenarioRun(Scenario scenario, double scale, long seed, int portBase, PrintStream progress) {
        this.scenario = scenario;
        this.scale = scale;
        this.seed = seed;
        this.portBase = portBase;
        this.progress = progress;
    }

    /** Runs it. */
    public RunReport run() throws IOException, InterruptedException, TimeoutException {
        try (Certificates certificates =
                        scenario.speaksTls() ? Certificates.make(scenario.hosts()) : Certificates.none();
                MemoryLab lab = MemoryLab.create();
                LocalCluster cluster = new LocalCluster(
                        lab, portBase, NodeJvm.small(scenario.heapMebibytes()), settings(certificates))) {
            progress.println("starting " + String.join(", ", scenario.hosts()));
            cluster.start(scenario.hosts().toArray(String[]::new));
            Inventory inventory = new Inventory(scenario, lab);
            History history = new History(
                    scenario.hosts(), inventory.ends().stream().map(VmEnd::name).toList());
            Placements placements = new Placements(scenario.hosts(), history, inventory);
            try (PortcullisClient client = cluster.client();
                    FlowTraffic traffic = new FlowTraffic(
                            history,
                            hostNumbers(),
                            scenario.traffic(),
                            inventory.ends(),
                            lab.uplink("clients"),
                            seed)) {
                lab.observe(traffic::seenOnUplink);
                prepare(client, inventory, placements);
                try (Controls controls = Controls.prepare(client, lab, scenario, inventory.subjects())) {
                    return play(cluster, client, inventory, placements, history, traffic, controls);
                }
            }
        }
    }

    private Map<String, Integer> hostNumbers() {
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < scenario.hosts().size(); i++) {
            numbers.put(scenario.hosts().get(i), i);
        }
        return numbers;
    }

    private List<String> settings(Certificates certificates) {
        int most =
                scenario.traffic().stream().mapToInt(TrafficPlan::connections).sum();
        List<String> settings = new ArrayList<>(certificates.settings());
        settings.add("portcullis.limits.max-connections-per-vnic=" + (most + SPARE_CONNECTIONS));
        settings.add("portcullis.limits.max-new-connections-per-second-per-vnic=1000000");
        settings.addAll(scenario.settings());
        return settings;
    }

    private void prepare(PortcullisClient client, Inventory inventory, Placements placements) throws TimeoutException {
        client.putTenant(Inventory.TENANT, new TenantSpec(scenario.defaultAction(), scenario.tracking()));
        client.apply(Inventory.TENANT, inventory.documents());
        long revision = client.apply(Inventory.TENANT, scenario.policy()).revision();
        long now = System.nanoTime();
        inventory.firstHosts().forEach((vm, host) -> {
            VmView view = client.attach(Inventory.TENANT, vm, host);
            placements.placed(vm, host, view.placement().epoch(), now);
        });
        client.awaitRealized(Inventory.TENANT, revision, LIMIT);
    }

    private RunReport play(
            LocalCluster cluster,
            PortcullisClient client,
            Inventory inventory,
            Placements placements,
            History history,
            FlowTraffic traffic,
            Controls controls)
            throws IOException, InterruptedException {
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
                cluster,
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
        timeline.run();
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
                        traffic,
                        history);
    }
}
