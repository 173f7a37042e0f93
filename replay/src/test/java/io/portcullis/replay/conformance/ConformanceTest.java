package io.portcullis.replay.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every cell of every scenario in {@code src/test/resources/conformance}, through real engines in both directions. */
class ConformanceTest {
    private static final Path FOLDER = Path.of("src/test/resources/conformance");

    @TestFactory
    Stream<DynamicTest> shouldReachWhomTheScenarioSays() throws IOException {
        List<Path> files = scenarios();
        assertThat(files).isNotEmpty();
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(FOLDER.relativize(file).toString(), () -> play(file)));
    }

    private static List<Path> scenarios() throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".scenario.yaml"))
                    .sorted()
                    .toList();
        }
    }

    private static void play(Path file) throws IOException {
        try (ScenarioRun run = new ScenarioRun(Scenario.read(file), file.getParent())) {
            assertThat(run.play()).as("a scenario that asks nothing").isPositive();
        }
    }

    @Test
    void shouldSeeAWrongCell() throws IOException {
        Path file = FOLDER.resolve("kubernetes/default-deny-ingress.scenario.yaml");
        Scenario scenario = Scenario.read(file);
        Scenario.Step first = scenario.steps().getFirst();
        Scenario.Reach reach = first.reach().getFirst();
        Scenario wrong = new Scenario(
                "wrong",
                scenario.tenants(),
                List.of(new Scenario.Step(
                        first.title(),
                        null,
                        first.apply(),
                        first.delete(),
                        first.tags(),
                        first.finding(),
                        List.of(new Scenario.Reach(reach.tenant(), reach.probes(), Cell.DROPPED, reach.matrix())))));

        try (ScenarioRun run = new ScenarioRun(wrong, file.getParent())) {
            assertThatThrownBy(run::play).isInstanceOf(AssertionError.class).hasMessageContaining("wrong");
        }
    }
}
