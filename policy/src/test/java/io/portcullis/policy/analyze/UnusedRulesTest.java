package io.portcullis.policy.analyze;

import static io.portcullis.policy.model.Rule.allow;
import static io.portcullis.policy.model.Rule.drop;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Category;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Rules that nobody needed since a time, by what was counted. */
class UnusedRulesTest {
    private static final Instant SINCE = Instant.parse("2026-11-01T00:00:00Z");
    private static final Instant BEFORE = Instant.parse("2026-10-20T00:00:00Z");
    private static final Instant AFTER = Instant.parse("2026-11-02T00:00:00Z");

    private static TenantModel tenant(SecurityPolicy... policies) {
        TestTenant tenant = TestTenant.aTenant().segment("lan", 10).vm("web-1", "app:web", "10.0.0.1");
        List.of(policies).forEach(tenant::policy);
        return tenant.build();
    }

    private static SecurityPolicy shop(Rule.Builder... rules) {
        return SecurityPolicy.of("shop", Category.APPLICATION, 10, rules);
    }

    private static RuleUsage usage(@Nullable TenantModel then, Map<String, Instant> lastHits) {
        Map<RuleName, Instant> byName = new java.util.HashMap<>();
        lastHits.forEach((rule, at) -> byName.put(new RuleName("shop", rule), at));
        return new RuleUsage(SINCE, null, true, byName, then, null);
    }

    private static List<Finding> unused(TenantModel model, RuleUsage usage) {
        return PolicyAnalyzer.analyze(model, usage).findings().stream()
                .filter(finding -> finding.kind() == FindingKind.UNUSED && finding.subject() instanceof Finding.OfRule)
                .toList();
    }

    private static final Rule.Builder[] RULES = {
        allow("old").services("http"),
        allow("never").services("https"),
        drop("new").services("ssh")
    };

    @Test
    void shouldFindRulesWithoutAHitSinceThen() {
        TenantModel model = tenant(shop(RULES));
        List<Finding> found = unused(model, usage(model, Map.of("old", BEFORE, "new", AFTER)));
        assertThat(found).extracting(Finding::subject).hasToString("[Rule/shop/old, Rule/shop/never]");
        assertThat(found.getFirst().message())
                .isEqualTo("no hit since 2026-11-01T00:00:00Z, the last was at 2026-10-20T00:00:00Z");
        assertThat(found.getLast().message()).endsWith("none is known from before");
        assertThat(unused(model, usage(model, Map.of("old", SINCE, "never", SINCE, "new", SINCE))))
                .isEmpty();
    }

    @Test
    void shouldSayNothingOfRulesThatWereNotThereOrNotEnabledThen() {
        TenantModel model = tenant(shop(RULES));
        assertThat(unused(model, usage(tenant(shop(RULES[0])), Map.of())))
                .extracting(Finding::subject)
                .hasToString("[Rule/shop/old]");
        assertThat(unused(model, usage(tenant(shop(RULES).withEnabled(false)), Map.of())))
                .isEmpty();
        assertThat(unused(model, usage(null, Map.of()))).isEmpty();
    }

    @Test
    void shouldSayNothingOfRulesThatAreNotActiveOrWaitForAnEmergency() {
        TenantModel model = tenant(
                shop(RULES).withSchedule(Schedule.daily("UTC", "22:00-06:00")),
                SecurityPolicy.of("off", Category.APPLICATION, 20, allow("a").services("http"))
                        .withEnabled(false),
                SecurityPolicy.of("isolate", Category.EMERGENCY, 1, drop("all").anyService()));
        TenantModel noon = model.at(Instant.parse("2026-12-01T12:00:00Z"));
        assertThat(unused(noon, usage(noon, Map.of()))).isEmpty();
        TenantModel night = model.at(Instant.parse("2026-12-01T23:00:00Z"));
        assertThat(unused(night, usage(night, Map.of()))).hasSize(3);
    }

    @Test
    void shouldClaimNothingThatWasNotCounted() {
        TenantModel model = tenant(shop(RULES));
        Map<RuleName, Instant> hits = Map.of(new RuleName("shop", "new"), AFTER);
        Analysis silent = PolicyAnalyzer.analyze(model, new RuleUsage(SINCE, null, false, hits, model, null));
        assertThat(silent.undecided()).isEqualTo(2);
        assertThat(unused(model, new RuleUsage(SINCE, null, false, hits, model, null)))
                .isEmpty();
        Analysis late = PolicyAnalyzer.analyze(model, new RuleUsage(SINCE, AFTER, true, hits, model, null));
        assertThat(late.undecided()).isEqualTo(2);
        Analysis counted = PolicyAnalyzer.analyze(model, new RuleUsage(SINCE, SINCE, true, hits, model, null));
        assertThat(counted.undecided()).isZero();
        assertThat(counted.counts()).containsEntry(FindingKind.UNUSED, 2);
    }

    @Test
    void shouldSayHowFarTheHistoryReaches() {
        TenantModel model = tenant(shop(RULES[0]));
        assertThat(unused(model, new RuleUsage(SINCE, null, true, Map.of(), model, AFTER)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.message())
                        .endsWith("(the history says only that it is there since 2026-11-02T00:00:00Z)"));
    }

    @Test
    void shouldStandInOrderWithOtherFindingsOfRules() {
        TenantModel model = tenant(shop(allow("a").services("http"), drop("b").services("http")));
        assertThat(PolicyAnalyzer.analyze(model, usage(model, Map.of())).findings())
                .extracting(finding -> finding.kind().word() + " " + finding.subject())
                .containsSubsequence("unused Rule/shop/a", "shadowed Rule/shop/b", "unused Rule/shop/b");
    }
}
