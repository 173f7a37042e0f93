package io.portcullis.admin;

import io.portcullis.api.HitsView;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.analyze.RuleName;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes what rules have counted. Of the tenant's own rules only, and of the default: what tables have besides is nobody's business here. Stateless.
 */
final class HitViews {
    private static final String DEFAULT = "default";

    private HitViews() {}

    /** @param policy the only one that is wanted; null for all, and the default */
    static HitsView of(TenantModel model, HitReport report, @Nullable String policy, int limit) {
        List<SecurityPolicy> policies = policy == null
                ? model.policies().values().stream()
                        .sorted(SecurityPolicy.EVALUATION_ORDER)
                        .toList()
                : List.of(Lookup.named(
                        model.policies().get(policy),
                        "policy",
                        policy,
                        model.policies().keySet()));
        List<HitsView.Rule> rules = new ArrayList<>();
        // what none of the provider's rules decides is for the tenants' rules
        boolean hasDefault = policy == null && !model.tenant().equals(TenantId.PROVIDER);
        int all = hasDefault ? 1 : 0;
        for (SecurityPolicy each : policies) {
            all += each.rules().size();
            for (Rule rule : each.rules()) {
                if (rules.size() < limit) {
                    rules.add(view(model, each, rule, report.rules()));
                }
            }
        }
        if (hasDefault && rules.size() < limit) {
            rules.add(view(
                    null,
                    DEFAULT,
                    null,
                    model.defaultAction().name(),
                    true,
                    report.rules().get(RuleTable.DEFAULT_RULE_ID)));
        }
        return new HitsView(
                model.tenant().value(),
                model.revision(),
                text(report.countedSince()),
                report.complete(),
                report.silentHosts(),
                all > rules.size(),
                rules);
    }

    private static HitsView.Rule view(TenantModel model, SecurityPolicy policy, Rule rule, Map<Long, RuleHit> counted) {
        return view(
                policy.name(),
                rule.name(),
                policy.category().name(),
                rule.action().name(),
                policy.activeAt(model.time()) && rule.activeAt(model.time()),
                counted.get(RuleIds.of(model.tenant(), policy.name(), rule.name())));
    }

    private static HitsView.Rule view(
            @Nullable String policy,
            String rule,
            @Nullable String category,
            String action,
            boolean active,
            @Nullable RuleHit hit) {
        return new HitsView.Rule(
                policy,
                rule,
                category,
                action,
                active,
                hit == null ? 0 : hit.hits(),
                hit == null ? null : text(Instant.ofEpochMilli(hit.lastMillis())));
    }

    /** When each of the tenant's rules was last of use; rules that never were are missing. */
    static Map<RuleName, Instant> lastHits(TenantModel model, HitReport report) {
        Map<RuleName, Instant> lastHits = new HashMap<>();
        for (SecurityPolicy policy : model.policies().values()) {
            for (Rule rule : policy.rules()) {
                RuleHit hit = report.rules().get(RuleIds.of(model.tenant(), policy.name(), rule.name()));
                if (hit != null) {
                    lastHits.put(new RuleName(policy.name(), rule.name()), Instant.ofEpochMilli(hit.lastMillis()));
                }
            }
        }
        return lastHits;
    }

    /** To the second: hosts' clocks agree no better. */
    static @Nullable String text(@Nullable Instant instant) {
        return instant == null
                ? null
                : Instant.ofEpochSecond(instant.getEpochSecond()).toString();
    }
}
