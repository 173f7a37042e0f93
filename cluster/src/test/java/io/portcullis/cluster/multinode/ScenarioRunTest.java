package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.loadtest.report.ReportFiles;
import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.run.ScenarioHosts;
import io.portcullis.loadtest.run.ScenarioPlay;
import io.portcullis.loadtest.scenario.Scenario;
import io.portcullis.loadtest.scenario.ShippedScenarios;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Every scenario that comes with the product, made small, on the same real nodes: every frame is checked, and the history of all of them. First the one that
 * empties a host, then those that only move their own VMs, at the same time. Those that kill hosts are among the faults (profile {@code faults}).
 */
class ScenarioRunTest {
    private static final int FIRST_VLAN = 3_001;
    /** A scenario and its arms. */
    private static final int VLANS = 10;

    private static final long SEED = 7;

    /** Of which scenario how much is played. */
    private record Part(double scale, int moves, int faster) {
        Scenario of(String name) throws Exception {
            return ShippedScenarios.find(name).scaled(scale).moving(moves).faster(faster);
        }
    }

    private static final String EMPTIES = "evacuate";
    private static final List<String> KILLING = List.of("chaos", "soak");

    private static final Map<String, Part> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put(EMPTIES, new Part(0.005, 1, 10));
        PARTS.put("steady", new Part(0.1, 2, 5));
        PARTS.put("ping-pong", new Part(0.1, 6, 1));
        PARTS.put("controls", new Part(0.01, 3, 5));
        PARTS.put("million", new Part(0.002, 3, 5));
        PARTS.put("hundred", new Part(0.05, 2, 5));
        PARTS.put("storm", new Part(0.1, 3, 2));
        PARTS.put("revoke", new Part(0.05, 8, 1));
        PARTS.put("chaos", new Part(0.25, 6, 10));
        PARTS.put("soak", new Part(0.5, 6, 12));
    }

    private final Map<String, RunReport> reports = new LinkedHashMap<>();

    @Test
    void shouldPlayEveryScenarioSoThatNobodyCanTell(@TempDir Path folder) throws Exception {
        assertThat(PARTS.keySet()).containsExactlyInAnyOrderElementsOf(ShippedScenarios.NAMES);
        List<String> together = new ArrayList<>(PARTS.keySet());
        together.remove(EMPTIES);
        together.removeAll(KILLING);

        play(List.of(EMPTIES), together);

        reports.forEach(ScenarioRunTest::assertKept);
        assertThat(report("steady").history().compared()).isPositive();
        assertThat(report("revoke").history().afterBan()).isPositive();
        assertThat(report(EMPTIES).moves()).hasSize(5);

        ReportFiles.write(folder, report("steady"), null);
        assertThat(ReportFiles.json(ReportFiles.read(folder.resolve("report.json"))))
                .isEqualTo(ReportFiles.json(report("steady")));
        assertThat(folder.resolve("report.html")).isNotEmptyFile();
        assertThat(folder.resolve("junit.xml")).isNotEmptyFile();
    }

    @ParameterizedTest
    @FieldSource("KILLING")
    @Tag("faults")
    void shouldPlayThoseThatKillAHost(String name) throws Exception {
        play(List.of(name));

        assertKept(name, report(name));
        assertThat(report(name).history().afterBan()).isPositive();
    }

    private RunReport report(String name) {
        return Objects.requireNonNull(reports.get(name), name);
    }

    private static Part part(String name) {
        return Objects.requireNonNull(PARTS.get(name), name);
    }

    /** Plays groups of scenarios one after the other, those of each at the same time. */
    @SafeVarargs
    private void play(List<String>... groups) throws Exception {
        Map<String, Scenario> scenarios = new LinkedHashMap<>();
        for (List<String> group : groups) {
            for (String name : group) {
                scenarios.put(name, part(name).of(name));
            }
        }
        try (ScenarioHosts hosts =
                ScenarioHosts.start(List.copyOf(scenarios.values()), PortBlocks.next(), System.out)) {
            for (List<String> group : groups) {
                play(group, scenarios, hosts);
            }
        }
    }

    private void play(List<String> names, Map<String, Scenario> scenarios, ScenarioHosts hosts) throws Exception {
        try (ExecutorService players = Executors.newFixedThreadPool(names.size())) {
            Map<String, Future<RunReport>> playing = new LinkedHashMap<>();
            for (String name : names) {
                Scenario scenario = Objects.requireNonNull(scenarios.get(name), name);
                int vlan = FIRST_VLAN + VLANS * ShippedScenarios.NAMES.indexOf(name);
                ScenarioPlay play = new ScenarioPlay(scenario, part(name).scale(), SEED, hosts, name, vlan, System.out);
                playing.put(name, players.submit(play::run));
            }
            for (Map.Entry<String, Future<RunReport>> each : playing.entrySet()) {
                reports.put(each.getKey(), each.getValue().get());
            }
        }
    }

    /** All that the scenario requires, but that every move commits: one that is rolled back, as on a machine that stands still for long, is a move, too. */
    private static void assertKept(String name, RunReport report) {
        assertThat(report.checks())
                .filteredOn(check -> check.required() && !check.name().equals("failedMoves"))
                .allSatisfy(check -> assertThat(check.kept())
                        .as("%s: %s: %s %s", name, check, report.history().examples(), report.failures())
                        .isTrue());
        assertThat(report.history().decided()).as(name).isPositive();
        assertThat(report.moves())
                .filteredOn(move -> move.outcome().equals("COMMITTED"))
                .as(name)
                .isNotEmpty()
                .allSatisfy(move -> {
                    assertThat(move.epochAfter()).isGreaterThan(move.epochBefore());
                    assertThat(move.phases()).isNotEmpty();
                });
    }
}
