package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.loadtest.report.Check;
import io.portcullis.loadtest.report.ReportFiles;
import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.run.ScenarioRun;
import io.portcullis.loadtest.scenario.ShippedScenarios;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small variant of a scenario that comes with the product, on real nodes: every frame is checked, and the history of all of them. */
class ScenarioRunTest {
    private static final int FIRST_BASE = 21_000;
    private static final int LAST_BASE = 29_000;
    private static final int PORTS = 20;

    /** Ports for two hosts that nobody uses now; another run of this test on the machine begins its search elsewhere. */
    private static int freePorts() {
        int first = FIRST_BASE + PORTS * (int) (ProcessHandle.current().pid() % ((LAST_BASE - FIRST_BASE) / PORTS / 2));
        for (int base = first; base < LAST_BASE; base += PORTS) {
            if (IntStream.range(base, base + PORTS).allMatch(ScenarioRunTest::isFree)) {
                return base;
            }
        }
        throw new IllegalStateException("no free ports");
    }

    private static boolean isFree(int port) {
        try (ServerSocket _ = new ServerSocket(port)) {
            return true;
        } catch (IOException inUse) {
            return false;
        }
    }

    @Test
    void shouldMoveAVnicSoThatNobodyCanTell(@TempDir Path folder) throws Exception {
        RunReport report = new ScenarioRun(
                        ShippedScenarios.find("steady").scaled(0.25).moving(4), 0.25, 7, freePorts(), System.out)
                .run();

        assertThat(report.checks())
                .filteredOn(Check::required)
                .allSatisfy(check -> assertThat(check.kept())
                        .as("%s: %s", check, report.history().examples())
                        .isTrue());
        assertThat(report.figures().get("moves")).isEqualTo(4);
        assertThat(report.history().decided()).isPositive();
        assertThat(report.history().compared()).isPositive();
        assertThat(report.moves()).allSatisfy(move -> {
            assertThat(move.entries()).isPositive();
            assertThat(move.epochAfter()).isGreaterThan(move.epochBefore());
            assertThat(move.phases()).isNotEmpty();
        });

        ReportFiles.write(folder, report, null);
        assertThat(ReportFiles.json(ReportFiles.read(folder.resolve("report.json"))))
                .isEqualTo(ReportFiles.json(report));
        assertThat(folder.resolve("report.html")).isNotEmptyFile();
        assertThat(folder.resolve("junit.xml")).isNotEmptyFile();
    }
}
