package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.ClusterRoll;
import io.portcullis.policy.HostId;
import java.util.List;
import org.junit.jupiter.api.Test;

class FormingRuleTest {
    private static final long SILENCE = FormingRule.SILENCE.toNanos();
    private static final HostId TWO = new HostId("host-2");
    private static final HostId THREE = new HostId("host-3");

    private final FormingRule rule = new FormingRule();

    @Test
    void shouldAllowAClusterWhereNobodyIsOnTheRoll() {
        assertThat(rule.allows(List.of(), 5)).isTrue();
    }

    @Test
    void shouldAllowItWhenAllOthersWereSilentForLongEnough() {
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 1)), 5)).isFalse();
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 1)), 5 + SILENCE - 1))
                .isFalse();
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 1)), 5 + SILENCE))
                .isTrue();
    }

    @Test
    void shouldBeginAnewWithEveryBeat() {
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 1)), 0)).isFalse();
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 2)), SILENCE))
                .isFalse();
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 2)), 2 * SILENCE - 1))
                .isFalse();
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 2)), 2 * SILENCE))
                .isTrue();
    }

    @Test
    void shouldTakeANewEntryForALifeAndAStruckOneForNone() {
        assertThat(rule.allows(List.of(entry(TWO, 7)), 0)).isFalse();
        assertThat(rule.allows(List.of(entry(TWO, 7), entry(THREE, 1)), SILENCE))
                .isFalse();
        assertThat(rule.allows(List.of(entry(TWO, 7)), 2 * SILENCE)).isTrue();
        assertThat(rule.allows(List.of(), 2 * SILENCE + 1)).isTrue();
    }

    private static ClusterRoll.Entry entry(HostId host, long beat) {
        return new ClusterRoll.Entry(host, "10.0.0.2:7301", beat);
    }
}
