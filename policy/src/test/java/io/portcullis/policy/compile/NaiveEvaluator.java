package io.portcullis.policy.compile;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.evaluate.Decision;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.evaluate.RuleName;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;

/** The oracle: what the central model says by itself ({@link PolicyEvaluator}), in the words of a rule table. */
final class NaiveEvaluator {
    private final TenantModel model;
    private final PolicyEvaluator evaluator;

    NaiveEvaluator(TenantModel model) {
        this.model = model;
        evaluator = PolicyEvaluator.of(model);
    }

    Verdict decide(Vnic enforcing, Flow flow, RuleDirection direction) {
        Decision decision = evaluator.decide(enforcing, direction, flow.packet());
        RuleName rule = decision.rule();
        return rule == null
                ? new Verdict(decision.verdict(), "default", RuleTable.DEFAULT_RULE_ID)
                : new Verdict(
                        decision.verdict(), rule.toString(), RuleIds.of(model.tenant(), rule.policy(), rule.rule()));
    }
}
