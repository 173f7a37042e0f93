package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.portcullis.api.AnalysisView;
import io.portcullis.api.ApiException;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.FindingView;
import io.portcullis.policy.analyze.FindingKind;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The analysis of a tenant, of documents that are only tried, and as a condition of applying them. */
class AnalysisApiTest extends ApiTestCase {
    private static final int MANY = 100;

    private static final String SHADOWED = """
        kind: Policy
        metadata: {name: late}
        spec:
          category: APPLICATION
          sequence: 200
          rules:
            - {name: other, destinations: [web], services: [ssh], action: ALLOW}
            - name: no-http
              destinations: [web]
              services: [http]
              direction: IN
              action: DROP
        """;

    @Test
    void shouldAnalyzeATenant() {
        client.apply("acme", TENANT);
        client.apply("acme", SHADOWED);

        AnalysisView analysis = client.analyze("acme", null, MANY);

        assertThat(analysis.revision()).isEqualTo(client.tenant("acme").revision());
        assertThat(analysis.rules()).isEqualTo(3);
        assertThat(analysis.counts()).containsOnlyKeys("shadowed").containsEntry("shadowed", 1);
        FindingView finding = analysis.findings().getFirst();
        assertThat(finding.subject()).isEqualTo("Rule/late/no-http");
        assertThat(finding.causes()).containsExactly("web/http");
        assertThat(finding.hint()).contains("move it before web/http");
        assertThat(finding.introduced()).isNull();
    }

    @Test
    void shouldListSomeKindsAndAsManyAsWanted() throws Exception {
        client.apply("acme", TENANT);
        client.apply("acme", SHADOWED);

        String unused = send("GET", "/v1/tenants/acme/analysis?kind=unused,empty-group", token(), null)
                .body();
        client.apply("acme", SHADOWED.replace("late", "later"));
        AnalysisView one = client.analyze("acme", null, 1);

        assertThat(unused).contains("\"counts\" : { }");
        assertThat(one.findings()).hasSize(1);
        assertThat(one.truncated()).isTrue();
        assertThat(one.counts()).containsEntry("shadowed", 2).containsEntry("redundant", 1);
    }

    @Test
    void shouldAnalyzeDocumentsWithoutApplyingThem() {
        client.apply("acme", TENANT);
        client.apply("acme", SHADOWED);
        long before = client.tenant("acme").revision();

        AnalysisView analysis = client.analyze("acme", SHADOWED.replace("late", "later"), MANY);

        assertThat(client.tenant("acme").revision()).isEqualTo(before);
        assertThat(analysis.revision()).isEqualTo(before);
        assertThat(analysis.findings())
                .extracting(FindingView::subject, FindingView::introduced)
                .contains(tuple("Rule/late/no-http", false), tuple("Rule/later/no-http", true));
    }

    @Test
    void shouldNameTheMistakesOfDocumentsThatCannotBeApplied() {
        ApiException refused = refused(() -> client.analyze("acme", SHADOWED, MANY));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem().problems())
                .anySatisfy(problem -> assertThat(problem.path()).isEqualTo("spec.rules[0].destinations[0]"));
    }

    @Test
    void shouldRefuseAChangeThatBringsWhatTheClientForbids() {
        client.apply("acme", TENANT);
        long before = client.tenant("acme").revision();

        ApiException refused =
                refused(() -> client.apply("acme", SHADOWED, OptionalLong.empty(), List.of("redundant", "shadowed")));

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.problem().code()).isEqualTo("findings");
        assertThat(client.tenant("acme").revision()).isEqualTo(before);
        FieldProblem problem = refused.problem().problems().getFirst();
        assertThat(problem.path()).isEqualTo("spec.rules[1]");
        assertThat(problem.line()).isEqualTo(8);
        assertThat(problem.message()).startsWith("shadowed: its DROP never decides");
        assertThat(problem.hint()).contains("web/http");
    }

    @Test
    void shouldNotHoldAgainstAChangeWhatTheTenantHasAlready() {
        client.apply("acme", TENANT);
        client.apply("acme", SHADOWED, OptionalLong.empty(), List.of("never-matches"));

        client.apply("acme", SHADOWED.replace("200", "201"), OptionalLong.empty(), List.of("all"));

        assertThat(client.analyze("acme", null, MANY).counts()).containsEntry("shadowed", 1);
    }

    @Test
    void shouldJudgeAnewWhenSomebodyElseWasFaster() {
        client.apply("acme", TENANT.replace("services: [http, app]", "services: [https]"));
        services.beforeNextEdit = () -> client.apply("acme", TENANT);

        ApiException refused = refused(() -> client.apply("acme", SHADOWED, OptionalLong.empty(), List.of("shadowed")));

        assertThat(refused.problem().code()).isEqualTo("findings");
    }

    @Test
    void shouldSayWhichKindsThereAre() throws Exception {
        assertThat(FindingView.KINDS)
                .containsExactlyElementsOf(Arrays.stream(FindingKind.values())
                        .map(FindingKind::word)
                        .toList());
        assertThat(send("GET", "/v1/tenants/acme/analysis?kind=shadow", token(), null)
                        .body())
                .contains("invalid-request")
                .contains("never-matches");
        assertThat(refused(() -> client.apply("acme", TENANT, OptionalLong.empty(), List.of("x")))
                        .status())
                .isEqualTo(400);
    }
}
