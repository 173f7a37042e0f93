package io.portcullis.policy.analyze;

import io.portcullis.policy.Category;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds rules that were of no use for long: no packet met them, and no connection lived on them. Of a rule is said nothing that is not active now, that was
 * not there or not enabled then, or that waits for an emergency.
 */
final class UnusedRules {
    private final TenantModel model;
    private final RuleUsage usage;
    private final List<Finding> findings = new ArrayList<>();
    private int undecided;

    UnusedRules(TenantModel model, RuleUsage usage) {
        this.model = model;
        this.usage = usage;
    }

    /** In order of evaluation. */
    List<Finding> find() {
        model.policies().values().stream()
                .filter(policy -> policy.activeAt(model.time()) && policy.category() != Category.EMERGENCY)
                .sorted(SecurityPolicy.EVALUATION_ORDER)
                .forEach(this::look);
        return findings;
    }

    /** After {@link #find}: rules without a known hit, of which it cannot be said that they had none. */
    int undecided() {
        return undecided;
    }

    private void look(SecurityPolicy policy) {
        List<Rule> rules = policy.rules();
        for (int index = 0; index < rules.size(); index++) {
            Rule rule = rules.get(index);
            RuleName name = new RuleName(policy.name(), rule.name());
            Instant last = usage.lastHits().get(name);
            boolean isUsed = last != null && !last.isBefore(usage.unusedSince());
            if (isUsed || !rule.activeAt(model.time()) || !wasThere(name)) {
                continue;
            }
            if (usage.proves()) {
                findings.add(finding(new Finding.OfRule(name, index), last));
            } else {
                undecided++;
            }
        }
    }

    private boolean wasThere(RuleName name) {
        TenantModel then = usage.then();
        SecurityPolicy policy = then == null ? null : then.policies().get(name.policy());
        return policy != null
                && policy.enabled()
                && policy.rules().stream().anyMatch(rule -> rule.name().equals(name.rule()));
    }

    private Finding finding(Finding.OfRule subject, @Nullable Instant last) {
        Instant knownSince = usage.knownSince();
        String since = "no hit since " + usage.unusedSince();
        String before = last != null ? "the last was at " + last : "none is known from before";
        String age = knownSince == null ? "" : " (the history says only that it is there since " + knownSince + ")";
        return new Finding(
                FindingKind.UNUSED,
                subject,
                since + ", " + before + age,
                "delete it if nobody needs it any more",
                List.of());
    }
}
