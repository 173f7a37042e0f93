package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.loadtest.bench.PolicyBench.PolicyResult;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.util.Objects;
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
        assertThat(result.bytesPerVnic()).isBetween(50.0, 20_000.0);
        assertThat(result.memberChangeMicros()).isPositive();
        assertThat(result.installMicrosWorst()).isGreaterThanOrEqualTo(result.installMicrosP50());
        assertThat(result.burstMicrosWorstChanging()).isPositive();
        assertThat(result.json()).startsWith("{\"vnics\":50,\"rules\":600,").doesNotContain("\n");
    }

    @Test
    void shouldMeasureTheCompilerOfALargeTenant() {
        ScaleRun.ScaleResult result = new ScaleRun(20, 80, 60, 200, new ScaleRun.Effort(1, 1, 50)).run();

        // in each namespace two applications of two VMs each
        assertThat(result.tables()).isEqualTo(40);
        assertThat(result.rules()).isEqualTo(200);
        assertThat(result.wrongTables()).isZero();
        // those of the namespace, and only those
        assertThat(result.tag().vnics()).isBetween(3.0, 4.0);
        assertThat(result.rule().vnics()).isBetween(1.0, 4.0);
        assertThat(result.tag().p99()).isPositive();
        assertThat(result.heapBytes()).isPositive();
        assertThat(result.json())
                .startsWith("{\"segments\":20,\"vms\":80,\"policies\":60,\"rules\":200,")
                .doesNotContain("\n");
    }

    @Test
    void shouldLetNamespacesShareSegmentsWhenThereAreMoreThanVlans() {
        TenantModel model = new ScaleModel(5_000, 5_000, 5_000, 5_000).build();

        assertThat(model.segments()).hasSize(Limits.MAX_SEGMENTS);
        assertThat(model.groups()).hasSize(10_000);
        assertThat(Objects.requireNonNull(model.vms().get("vm-4999")).vnics())
                .extracting(Vnic::segment)
                .containsExactly("vlan-" + (4_999 - Limits.MAX_SEGMENTS));
    }
}
