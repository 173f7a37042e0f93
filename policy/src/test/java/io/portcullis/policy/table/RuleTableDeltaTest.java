package io.portcullis.policy.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleTableDeltaTest {
    private static TableRule rule(long id, Action action) {
        return TableRule.of(id, "p/" + id, action).build();
    }

    private static RuleTable table(Action defaultAction, TableRule... rules) {
        return new RuleTable("", List.of(rules), defaultAction, false);
    }

    @Test
    void shouldTellAddedRemovedAndChangedRulesApart() {
        RuleTableDelta delta = RuleTableDelta.between(
                table(Action.DROP, rule(1, Action.ALLOW), rule(2, Action.DROP), rule(3, Action.DROP)),
                table(Action.DROP, rule(4, Action.ALLOW), rule(1, Action.REJECT), rule(3, Action.DROP)));

        assertThat(delta.added()).containsExactly(rule(4, Action.ALLOW));
        assertThat(delta.removed()).containsExactly(rule(2, Action.DROP));
        assertThat(delta.changed()).containsExactly(rule(1, Action.REJECT));
        assertThat(delta.reordered()).isFalse();
        assertThat(delta.settings()).isFalse();
    }

    @Test
    void shouldSeeAnotherOrderAndOtherSettings() {
        RuleTable before = table(Action.DROP, rule(1, Action.ALLOW), rule(2, Action.DROP));

        assertThat(RuleTableDelta.between(before, table(Action.DROP, rule(2, Action.DROP), rule(1, Action.ALLOW))))
                .isEqualTo(new RuleTableDelta(List.of(), List.of(), List.of(), true, false));
        assertThat(RuleTableDelta.between(before, table(Action.ALLOW, rule(1, Action.ALLOW), rule(2, Action.DROP)))
                        .settings())
                .isTrue();
        RuleTable nsx = new RuleTable("", before.rules(), Action.DROP, false, TimeoutPreset.NSX, false);
        assertThat(RuleTableDelta.between(before, nsx).settings()).isTrue();
    }
}
