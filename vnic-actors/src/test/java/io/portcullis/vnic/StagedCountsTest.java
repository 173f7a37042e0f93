package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.engine.ShadowReport.RuleCount;
import io.portcullis.policy.MacAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sums are bounded, keep what matters most, and say what they leave out. */
class StagedCountsTest {
    private static ShadowReport report(int firstRule, int rules, int examples) {
        List<RuleCount> counts = new ArrayList<>();
        for (int i = firstRule; i < firstRule + rules; i++) {
            counts.add(new RuleCount(i, "policy/" + i, 10, i, 0, 0));
        }
        List<ShadowReport.Example> flows = new ArrayList<>();
        for (int i = 0; i < examples; i++) {
            flows.add(new ShadowReport.Example(
                    ShadowReport.Difference.WOULD_DENY,
                    Direction.IN,
                    0x88f7,
                    new MacAddress(1),
                    new MacAddress(2),
                    null,
                    null,
                    0,
                    0,
                    0,
                    0,
                    0,
                    "",
                    "",
                    1_000L - i,
                    1));
        }
        return new ShadowReport(WEB_1_ETH0, 1, "hash", false, 1, counts, 0, flows);
    }

    @Test
    void shouldAddUpRulesOverVnics() {
        StagedCounts sum = StagedCounts.of(List.of(report(1, 2, 0), report(2, 2, 0)));

        assertThat(sum.vnics()).isEqualTo(2);
        assertThat(sum.rules())
                .containsExactly(
                        new RuleCount(2, "policy/2", 20, 4, 0, 0),
                        new RuleCount(3, "policy/3", 10, 3, 0, 0),
                        new RuleCount(1, "policy/1", 10, 1, 0, 0));
    }

    @Test
    void shouldKeepTheRulesWithMostDifferencesAndTheLatestExamples() {
        StagedCounts sum = StagedCounts.of(List.of(
                report(0, StagedCounts.MAX_RULES, 16),
                report(StagedCounts.MAX_RULES, 5, 16),
                report(0, 1, 16),
                report(0, 1, 16)));

        assertThat(sum.rules()).hasSize(StagedCounts.MAX_RULES);
        assertThat(sum.rules().getFirst().ruleId()).isEqualTo(StagedCounts.MAX_RULES + 4L);
        assertThat(sum.omittedRules()).isGreaterThanOrEqualTo(5);
        assertThat(sum.examples()).hasSize(StagedCounts.MAX_EXAMPLES);
        assertThat(sum.examples().getFirst().flow().ageNanos()).isEqualTo(985);
        assertThat(StagedCounts.NONE.plus(sum)).isEqualTo(sum);
    }
}
