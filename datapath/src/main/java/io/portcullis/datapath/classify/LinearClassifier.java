package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.Stage;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at one rule after the other: the definition of what a rule table means, and the reference that every faster
 * classifier is compared with. What one rule matches is said by {@link RuleMatcher}. Loops count instead of iterating,
 * so that nothing is allocated. One thread if it notes what passed, else any.
 */
public final class LinearClassifier implements Classifier {
    private final List<TableRule> rules;
    private final @Nullable PassedRules notes;

    public LinearClassifier(RuleTable table) {
        this(table, null);
    }

    LinearClassifier(RuleTable table, @Nullable PassedRules notes) {
        rules = table.rules();
        this.notes = notes;
    }

    @Override
    public int classify(PacketView packet, Direction direction) {
        Stage passed = null;
        if (notes != null) {
            notes.clear();
        }
        for (int i = 0; i < rules.size(); i++) {
            TableRule rule = rules.get(i);
            if (rule.stage() == passed || !RuleMatcher.matches(rule, packet, direction)) {
                continue;
            }
            if (rule.action() != Action.PASS) {
                return i;
            }
            passed = rule.stage();
            if (notes != null) {
                notes.note(i);
            }
        }
        return DEFAULT;
    }
}
