package io.portcullis.policy.evaluate;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.Tier;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;

/**
 * A rule of the central model, by name, with what it does.
 *
 * @param policy as it is called in the model of the tenant: {@code provider/NAME} if it is the provider's
 */
public record RuleName(Category category, String policy, String rule, Action action) {
    static RuleName of(SecurityPolicy policy, Rule rule) {
        return new RuleName(policy.category(), policy.name(), rule.name(), rule.action());
    }

    /** Whose it is. */
    public Tier tier() {
        return Tier.ofName(policy);
    }

    /** {@code policy/rule}, or {@code provider/policy/rule}. */
    @Override
    public String toString() {
        return policy + "/" + rule;
    }
}
