package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.AnalysisView;
import io.portcullis.api.FindingView;
import io.portcullis.api.HitsView;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.table.RuleTable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often rules decided, and what that says about rules that nobody needs. */
class HitApiTest extends ApiTestCase {
    private static final Instant LAST = Instant.parse("2026-03-01T10:00:00Z");
    private static final String MORE = """
        kind: Policy
        metadata: {name: admin}
        spec:
          category: INFRASTRUCTURE
          rules:
            - {name: ssh, sources: [10.0.0.0/8], destinations: [web], services: [ssh], action: ALLOW}
        """;

    @BeforeEach
    void apply() {
        client.apply("acme", TENANT);
        client.apply("acme", MORE);
    }

    private void count(@Nullable Instant countedSince, String... silentHosts) {
        RuleHit http = new RuleHit(RuleIds.of(new TenantId("acme"), "web", "http"), 412, LAST.toEpochMilli() + 999);
        RuleHit byDefault = new RuleHit(RuleTable.DEFAULT_RULE_ID, 9, LAST.toEpochMilli());
        RuleHit gone = new RuleHit(77, 1, 1);
        services.hitReport = new HitReport(
                Map.of(http.ruleId(), http, byDefault.ruleId(), byDefault, gone.ruleId(), gone),
                countedSince,
                List.of(silentHosts),
                true);
    }

    @Test
    void shouldShowHitsInOrderOfEvaluation() throws Exception {
        count(Instant.parse("2026-02-20T00:00:00Z"), "host-2");
        HitsView view = client.hits("acme", null, 100);
        assertThat(view.countedSince()).isEqualTo("2026-02-20T00:00:00Z");
        assertThat(view.complete()).isFalse();
        assertThat(view.silentHosts()).containsExactly("host-2");
        assertThat(view.truncated()).isFalse();
        assertThat(view.revision()).isEqualTo(client.tenant("acme").revision());
        assertThat(view.rules())
                .containsExactly(
                        new HitsView.Rule("admin", "ssh", "INFRASTRUCTURE", "ALLOW", true, 0, null),
                        new HitsView.Rule("web", "http", "APPLICATION", "ALLOW", true, 412, "2026-03-01T10:00:00Z"),
                        new HitsView.Rule(null, "default", null, "DROP", true, 9, "2026-03-01T10:00:00Z"));

        assertThat(client.hits("acme", null, 1).truncated()).isTrue();
        assertThat(client.hits("acme", "web", 100).rules())
                .extracting(HitsView.Rule::rule)
                .containsExactly("http");
        assertThat(send("GET", "/v1/tenants/acme/hits?policy=wob", token(), null)
                        .statusCode())
                .isEqualTo(404);
        assertThat(send("GET", "/v1/tenants/acme/hits?limit=0", token(), null).statusCode())
                .isEqualTo(400);
        assertThat(send("GET", "/v1/tenants/nobody/hits", token(), null).statusCode())
                .isEqualTo(404);
    }

    private static Stream<String> unused(AnalysisView view) {
        return view.findings().stream()
                .filter(finding -> finding.kind().equals("unused"))
                .map(FindingView::subject);
    }

    @Test
    void shouldFindRulesWithoutAHitSinceThen() {
        count(null);
        AnalysisView later = client.analyze("acme", null, 100, "2026-03-01T10:00:01Z");
        assertThat(unused(later)).containsExactly("Rule/admin/ssh", "Rule/web/http");
        assertThat(later.usage()).isEqualTo(new AnalysisView.Usage("2026-03-01T10:00:01Z", null, true, List.of(), 0));
        assertThat(unused(client.analyze("acme", null, 100, "2026-03-01T10:00:00Z")))
                .containsExactly("Rule/admin/ssh");
        assertThat(unused(client.analyze("acme", null, 100, "2025-12-31T00:00:00Z")))
                .as("the tenant is younger")
                .isEmpty();
        assertThat(client.analyze("acme", null, 100).usage()).isNull();
    }

    @Test
    void shouldSayWhatItCannotKnow() {
        count(LAST);
        AnalysisView late = client.analyze("acme", null, 100, "2026-02-20T00:00:00Z");
        assertThat(unused(late)).isEmpty();
        assertThat(late.usage())
                .isEqualTo(new AnalysisView.Usage("2026-02-20T00:00:00Z", "2026-03-01T10:00:00Z", true, List.of(), 1));
        count(null, "host-2");
        AnalysisView silent = client.analyze("acme", null, 100, "30d");
        assertThat(unused(silent)).isEmpty();
        assertThat(silent.usage().undecided()).isPositive();
        assertThat(silent.usage().silentHosts()).containsExactly("host-2");
    }

    @Test
    void shouldSayWhichRulesOfDocumentsWouldBeUnused() {
        count(null);
        AnalysisView view = client.analyze("acme", MORE.replace("admin", "more"), 100, "2026-03-02T00:00:00Z");
        assertThat(unused(view)).as("those of 'more' are new").containsExactly("Rule/admin/ssh", "Rule/web/http");
        assertThat(view.findings())
                .filteredOn(finding -> finding.kind().equals("unused"))
                .allSatisfy(finding -> assertThat(finding.introduced()).isFalse());
    }

    @Test
    void shouldRefuseTimesThatAreNone() throws Exception {
        for (String since : List.of("30", "30y", "soon", "2999-01-01T00:00:00Z", "99999999d")) {
            var answer = send("GET", "/v1/tenants/acme/analysis?unusedSince=" + since, token(), null);
            assertThat(answer.statusCode()).as(since).isEqualTo(400);
            assertThat(answer.body()).contains("unusedSince is '" + since + "'");
        }
    }
}
