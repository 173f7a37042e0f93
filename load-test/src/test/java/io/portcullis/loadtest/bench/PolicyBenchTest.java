package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.loadtest.bench.PolicyBench.PolicyResult;
import org.junit.jupiter.api.Test;

/** That the benchmark measures what it says; how fast is no matter here. */
class PolicyBenchTest {
    @Test
    void shouldMeasureEachPartWithoutAWrongVerdict() {
        TrackRun.Effort little = new TrackRun.Effort(1, 1, 5_000, 8_192);

        PolicyResult result = new PolicyRun(50, 500, 2_000, 4, 2_000, little).run();

        assertThat(result.wrongVerdicts()).isZero();
        assertThat(result.rules()).isEqualTo(600);
        assertThat(result.rechecked()).isBetween(4_000L, 8_000L);
        assertThat(result.tableBytes()).isBetween(500L * 20, 500L * 1_000);
        assertThat(result.bytesPerVnic()).isBetween(500.0, 20_000.0);
        assertThat(result.memberChangeMicros()).isPositive();
        assertThat(result.installMicrosWorst()).isGreaterThanOrEqualTo(result.installMicrosP50());
        assertThat(result.burstMicrosWorstChanging()).isPositive();
        assertThat(result.json()).startsWith("{\"vnics\":50,\"rules\":600,").doesNotContain("\n");
    }
}
