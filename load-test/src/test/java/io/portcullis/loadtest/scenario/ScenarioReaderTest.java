package io.portcullis.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.document.InvalidDocumentException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ScenarioReaderTest {
    static final List<String> shipped = ShippedScenarios.NAMES;

    private static final String SMALL = """
        scenario: small
        policy: |
          kind: Policy
          metadata: {name: front}
          spec: {category: APPLICATION, rules: []}
        vms:
          - {name: web, count: 20, twin: host-2}
        traffic:
          - {name: streams, kind: tcp, to: web, connections: 10, framesPerSecond: 30}
        timeline:
          - {atMillis: 5, action: migrate, vm: web, times: 40, parallel: 8}
        """;

    private static Scenario read(String text) throws InvalidDocumentException {
        return ScenarioReader.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<FieldProblem> problems(String text) {
        InvalidDocumentException wrong = catchThrowableOfType(InvalidDocumentException.class, () -> read(text));
        assertThat(wrong).isNotNull();
        return wrong.problems();
    }

    @ParameterizedTest
    @FieldSource("shipped")
    void shouldReadWhatComesWithTheProduct(String name) throws Exception {
        Scenario scenario = ShippedScenarios.find(name);
        assertThat(scenario.name()).isEqualTo(name);
        assertThat(scenario.description()).isNotEmpty();
        assertThat(scenario.script().timeline()).isNotEmpty();
        assertThat(scenario.scaled(0.01).script().vms())
                .allSatisfy(vm -> assertThat(vm.count()).isPositive());
    }

    @Test
    void shouldFillInWhatIsLeftOut() throws Exception {
        Scenario scenario = read(SMALL);
        assertThat(scenario.hosts().names()).containsExactly("host-1", "host-2");
        assertThat(scenario.hosts().speaksTls()).isTrue();
        assertThat(scenario.script().vms().getFirst().instances()).hasSize(20).startsWith("web-1");
        assertThat(scenario.script().timeline())
                .containsExactly(new Step.Migrate(5, "web", null, Repeat.of(40, 0), 8, 0));
    }

    @Test
    void shouldBecomeSmaller() throws Exception {
        Scenario tenth = read(SMALL).scaled(0.1);
        assertThat(tenth.script().vms().getFirst().count()).isEqualTo(2);
        assertThat(tenth.script().traffic().getFirst().connections()).isEqualTo(1);
        assertThat(tenth.script().traffic().getFirst().framesPerSecond()).isEqualTo(3);
        assertThat(tenth.script().timeline()).containsExactly(new Step.Migrate(5, "web", null, Repeat.of(4, 0), 8, 0));
        assertThat(tenth.moving(7).script().timeline())
                .containsExactly(new Step.Migrate(5, "web", null, Repeat.of(7, 0), 8, 0));
    }

    @Test
    void shouldNotLookAtWhatGrowsWhereTimeIsCutShort() throws Exception {
        Scenario soak = ShippedScenarios.find("soak");

        assertThat(soak.faster(1)).isEqualTo(soak);
        Scenario shorter = soak.faster(12);
        assertThat(shorter.script().durationMillis()).isEqualTo(soak.script().durationMillis() / 12);
        assertThat(shorter.script().sampleMillis()).isZero();
        assertThat(soak.expected()).anyMatch(Limit::isOfGrowth);
        assertThat(shorter.expected()).isNotEmpty().noneMatch(Limit::isOfGrowth);
    }

    @Test
    void shouldTellAllMistakesWithTheirPathsAndHints() {
        List<FieldProblem> problems = problems(SMALL.replace("twin: host-2", "twin: host-9")
                .replace("kind: tcp", "kind: tpc")
                .replace("connections: 10", "connections: -1")
                .replace("times: 40", "times: 0")
                .replace("vm: web,", "vm: wep,"));
        assertThat(problems)
                .extracting(FieldProblem::path)
                .containsExactlyInAnyOrder(
                        "vms[0].twin",
                        "traffic[0].kind",
                        "traffic[0].connections",
                        "timeline[0].times",
                        "timeline[0].vm");
        assertThat(problems)
                .filteredOn(problem -> problem.path().equals("traffic[0].kind"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.hint()).contains("tcp", "churn"));
    }

    @Test
    void shouldTellAFieldThatItDoesNotKnow() {
        assertThat(problems(SMALL.replace("parallel: 8", "paralel: 8")))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.path()).isEqualTo("timeline[0].paralel");
                    assertThat(problem.hint()).contains("parallel");
                    assertThat(problem.line()).isEqualTo(11);
                });
    }

    @Test
    void shouldRefuseWhatMeansNothingToAKind() {
        assertThat(problems(SMALL.replace("kind: tcp", "kind: churn")))
                .extracting(FieldProblem::path)
                .containsExactly("traffic[0].connections", "traffic[0].framesPerSecond");
    }

    @Test
    void shouldNotKillTheHostThatItAsks() {
        assertThat(problems(SMALL.replace(
                        "action: migrate, vm: web, times: 40, parallel: 8", "action: kill, host: host-1")))
                .extracting(FieldProblem::path)
                .containsExactly("timeline[0].host");
    }

    @Test
    void shouldRestartHostsUntilATime() throws Exception {
        Step step = read(SMALL.replace(
                        "action: migrate, vm: web, times: 40, parallel: 8",
                        "action: restart, host: host-2, by: leave, awayMillis: 40, restMillis: 60, untilMillis: 900"))
                .script()
                .timeline()
                .getFirst();
        assertThat(step)
                .isEqualTo(new Step.Restart(5, "host-2", Ending.LEAVE, 40, new Repeat(Repeat.FOREVER, 60, 900)));
    }

    @Test
    void shouldSayHowAHostCanEnd() {
        assertThat(problems(SMALL.replace(
                        "action: migrate, vm: web, times: 40, parallel: 8",
                        "action: restart, host: host-2, by: magic, untilMillis: 0")))
                .extracting(FieldProblem::path)
                .containsExactlyInAnyOrder("timeline[0].by", "timeline[0].untilMillis");
    }
}
