package io.portcullis.datapath.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleFactsTest {
    @Test
    void shouldSayOfEveryRuleWhatTheRuleSays() {
        List<TableRule> rules = new ArrayList<>();
        for (Action action : Action.values()) {
            for (LiveFlowMode mode : LiveFlowMode.values()) {
                TableRule plain = Rules.aRule(Long.MAX_VALUE - rules.size()).allow();
                rules.add(new TableRule(
                        plain.id(),
                        plain.name(),
                        plain.category(),
                        plain.direction(),
                        plain.family(),
                        plain.sources(),
                        plain.destinations(),
                        plain.services(),
                        action,
                        mode,
                        false));
            }
        }
        RuleFacts facts = new RuleFacts(Rules.table(Action.REJECT, rules.toArray(TableRule[]::new)));
        for (int i = 0; i < rules.size(); i++) {
            assertThat(facts.id(i)).isEqualTo(rules.get(i).id());
            assertThat(facts.action(i)).isEqualTo(rules.get(i).action());
            assertThat(facts.liveFlowMode(i)).isEqualTo(rules.get(i).liveFlowMode());
        }
        for (int unmatched : List.of(Classifier.DEFAULT, rules.size())) {
            assertThat(facts.id(unmatched)).isEqualTo(RuleTable.DEFAULT_RULE_ID);
            assertThat(facts.action(unmatched)).isEqualTo(Action.REJECT);
            assertThat(facts.liveFlowMode(unmatched)).isEqualTo(LiveFlowMode.RECHECK);
        }
    }
}
