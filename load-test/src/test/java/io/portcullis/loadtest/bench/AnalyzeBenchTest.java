package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.loadtest.bench.AnalyzeBench.AnalyzeResult;
import io.portcullis.loadtest.bench.AnalyzeTenant.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That the benchmark measures what it says; how fast is no matter here. */
class AnalyzeBenchTest {
    @ParameterizedTest
    @EnumSource(Shape.class)
    void shouldFindEveryRuleThatWasPlanted(Shape shape) {
        AnalyzeResult result = AnalyzeBench.measure(shape, 2_000, 1, 1);

        assertThat(result.rules()).isEqualTo(2_000);
        assertThat(result.missed()).isZero();
        assertThat(result.unfinished()).isZero();
        assertThat(result.shadowed()).isBetween(10, 11);
        assertThat(result.analyzeMillis()).isPositive();
        assertThat(result.cpuMillis()).isPositive();
        assertThat(result.json())
                .startsWith("{\"shape\":")
                .contains("\"rules\":2000,")
                .doesNotContain("\n");
    }
}
