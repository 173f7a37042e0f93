package io.portcullis.datapath.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.TcpPickup;
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
                rules.add(plain.toBuilder().action(action).liveFlows(mode).build());
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

    @Test
    void shouldKnowWhichRulesKeepStateOtherwise() {
        TableRule plain = Rules.aRule(1).allow();
        TableRule stateless = Rules.aRule(2).stateless().allow();
        TableRule strict = Rules.aRule(3).pickup(TcpPickup.STRICT).allow();
        TableRule loose = Rules.aRule(4).pickup(TcpPickup.LOOSE).allow();
        for (boolean isLoose : List.of(false, true)) {
            RuleFacts facts = facts(isLoose, plain, stateless, strict, loose);

            assertThat(facts.areAlike()).isFalse();
            assertThat(facts.mayPickUp()).isTrue();
            assertThat(List.of(0, 1, 2, 3, Classifier.DEFAULT))
                    .extracting(facts::isStateless)
                    .containsExactly(false, true, false, false, false);
            assertThat(List.of(0, 2, 3, Classifier.DEFAULT))
                    .extracting(facts::picksUp)
                    .containsExactly(isLoose, false, true, isLoose);
            // what a rule says of itself is what the table says anyway
            assertThat(facts(isLoose, plain, isLoose ? loose : strict).areAlike())
                    .isTrue();
            assertThat(facts(isLoose, plain, isLoose ? strict : loose).areAlike())
                    .isFalse();
            assertThat(facts(isLoose, plain, strict).mayPickUp()).isEqualTo(isLoose);
            assertThat(facts(isLoose, plain).hasStateless()).isFalse();
        }
    }

    private static RuleFacts facts(boolean isLoose, TableRule... rules) {
        return new RuleFacts(new RuleTable("", List.of(rules), Action.DROP, isLoose));
    }
}
