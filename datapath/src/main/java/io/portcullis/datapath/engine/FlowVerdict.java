package io.portcullis.datapath.engine;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.evaluate.Cause;
import org.jspecify.annotations.Nullable;

/**
 * What the rule table in force says about the first packet of a flow.
 *
 * @param action ALLOW, DROP or REJECT
 * @param ruleId {@link io.portcullis.policy.table.RuleTable#DEFAULT_RULE_ID} where no rule decided
 * @param rule {@code policy/rule}; null where no rule decided
 * @param stateless whether the rule judges each packet by itself, so that there is no connection
 */
public record FlowVerdict(
        Action action,
        Cause cause,
        long ruleId,
        @Nullable String rule,
        @Nullable Category category,
        boolean stateless) {
    /** Where state is kept, or no rule decided. */
    public FlowVerdict(Action action, Cause cause, long ruleId, @Nullable String rule, @Nullable Category category) {
        this(action, cause, ruleId, rule, category, false);
    }
}
