package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.report.Check;
import io.portcullis.loadtest.report.ReportFiles;
import io.portcullis.loadtest.report.RunReport;
import io.portcullis.loadtest.run.ScenarioRun;
import io.portcullis.loadtest.scenario.ShippedScenarios;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The whole of the scenario {@code soak}, half an hour (profile {@code soak}); the report stays in {@code target/soak}. */
@Tag("soak")
class SoakTest {
    private static final Path FOLDER = Path.of("target", "soak");

    @Test
    void shouldLoseNothingAndKeepNothing() throws Exception {
        long seed = System.currentTimeMillis();
        RunReport report = new ScenarioRun(
                        ShippedScenarios.find("soak"),
                        1,
                        seed,
                        MemoryLab::create,
                        PortBlocks.next(),
                        System.out,
                        FOLDER.resolve("hosts"))
                .run();
        ReportFiles.write(FOLDER, report, null);
        System.out.println(ReportFiles.table(report));
        assertThat(report.checks())
                .filteredOn(Check::required)
                .as(
                        "seed %d, report in %s; %s, %s",
                        seed, FOLDER, report.history().examples(), report.failures())
                .allMatch(Check::kept);
    }
}
