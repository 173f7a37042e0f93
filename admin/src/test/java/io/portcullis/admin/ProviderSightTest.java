package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.EvaluationView.VerdictView;
import io.portcullis.api.HitsView;
import io.portcullis.api.Json;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.PreviewView;
import io.portcullis.api.RollbackRequest;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.TenantView;
import io.portcullis.api.TokenRequest;
import io.portcullis.datapath.engine.FlowExample;
import io.portcullis.datapath.engine.FlowOutcome;
import io.portcullis.datapath.engine.FlowVerdict;
import io.portcullis.datapath.engine.ShadowReport.RuleCount;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.evaluate.Cause;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.vnic.StagedCounts;
import io.portcullis.vnic.VnicReview;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a tenant's token is told of the provider's policies, which have a word in all their names that is found nowhere else. */
class ProviderSightTest extends ApiTestCase {
    private static final TenantId ACME = new TenantId("acme");
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");
    private static final String SECRET = "zebra";
    private static final String RULE = "provider/zebra-guard/zebra-rule";
    private static final long RULE_ID = RuleIds.of(ACME, "provider/zebra-guard", "zebra-rule");
    private static final String POLICIES = """
        kind: Group
        metadata: {name: zebra-set}
        spec:
          members: {tag: app:web}
        ---
        kind: Service
        metadata: {name: zebra-service}
        spec:
          entries: [{protocol: tcp, ports: [80]}]
        ---
        kind: Policy
        metadata: {name: zebra-guard}
        spec:
          category: APPLICATION
          description: zebra
          rules:
            - {name: zebra-pass, sources: [any], destinations: [zebra-set], services: [https], direction: IN, action: PASS}
            - {name: zebra-rule, sources: [any], destinations: [zebra-set], services: [zebra-service], direction: IN, action: DROP}
        """;
    private static final String CHANGE = """
        kind: Policy
        metadata: {name: web}
        spec:
          category: APPLICATION
          rules:
            - {name: https, sources: [any], destinations: [web], services: [https], direction: IN, action: ALLOW}
        """;
    private static final ConnectionInfo CONNECTION = new ConnectionInfo(
            6,
            new InetSocketAddress("192.0.2.1", 40_112),
            new InetSocketAddress("10.0.0.1", 80),
            "ESTABLISHED",
            false,
            RULE_ID,
            2,
            RULE_ID,
            2,
            75_000_000_000L,
            2_000_000_000L,
            30,
            4_096);

    private String acme;

    @BeforeEach
    void adopt() {
        client.apply("acme", TENANT);
        client.putTenant("provider", new TenantSpec(null, null));
        client.apply("provider", POLICIES);
        services.edit(
                ACME,
                List.of(new ModelEdit.AdoptProvider(ProviderPolicies.of(services.models.get("provider")))),
                OptionalLong.empty(),
                "provider",
                "");
        acme = token("acme-admin", "acme");
        services.placements.put(new VmId(ACME, "web-1"), new PlacementView("host-1", 1, "PLACED", null));
        services.connections = List.of(CONNECTION);
        services.firewalls = (host, vnic, query) -> new FirewallAnswer.Says(
                host,
                "ENFORCING",
                new FlowReport(
                        WEB,
                        1,
                        VnicMode.ENFORCING,
                        "ab",
                        2,
                        new FlowVerdict(Action.DROP, Cause.RULE, RULE_ID, RULE, Category.APPLICATION, true),
                        1,
                        List.of(CONNECTION)));
        FlowExample example =
                new FlowExample(CONNECTION, FlowOutcome.CUT, Action.DROP, LiveFlowMode.RECHECK, RULE_ID, RULE);
        services.reviews = (host, table, vnic) -> new VnicReview(
                vnic,
                new FlowReview(vnic, 1, VnicMode.ENFORCING, "ab", 2, 9, 4, 1, 2, 1, 0, 0, List.of(example)),
                null,
                null);
        services.stagedReport = new StagedReport(
                new StagedCounts(1, 0, 1, List.of(new RuleCount(RULE_ID, RULE, 5, 4, 0, 3)), 0, List.of()), List.of());
    }

    private String token(String name, String tenant) {
        return String.valueOf(client.createToken(new TokenRequest(name, "admin", tenant, null))
                .secret());
    }

    private String body(String token, String method, String path, String json) throws Exception {
        var answer = send(method, "/v1/tenants/acme" + path, token, json);
        assertThat(answer.statusCode())
                .as(method + " " + path + ": " + answer.body())
                .isEqualTo(200);
        return answer.body();
    }

    @Test
    void shouldTellATenantNothingOfTheProvidersObjectsInAnyAnswer() throws Exception {
        for (String path : List.of(
                "",
                "/documents",
                "/groups",
                "/services",
                "/policies",
                "/staged-policies",
                "/exclusions",
                "/segments",
                "/vms",
                "/vms/web-1",
                "/vms/web-1/vnics/eth0",
                "/vms/web-1/vnics/eth0/rules",
                "/vms/web-1/vnics/eth0/connections",
                "/vms/web-1/vnics/eth0/connections?why=true",
                "/staged",
                "/hits",
                "/quota",
                "/analysis",
                "/analysis?unusedSince=30d",
                "/history",
                "/history/" + client.tenant("acme").revision(),
                "/realization")) {
            assertThat(body(acme, "GET", path, null))
                    .as(path)
                    .doesNotContainIgnoringCase(SECRET)
                    .doesNotContain(Long.toString(RULE_ID));
        }
        String http = "{\"from\": \"192.0.2.1\", \"to\": \"web-1\", \"protocol\": \"tcp\", \"port\": 80}";
        String ssh = http.replace("80", "22");
        String https = http.replace("80", "443");
        String change = Json.mapper().writeValueAsString(Json.yaml().readTree(CHANGE));
        for (List<String> question : List.of(
                List.of("/evaluate", http),
                List.of("/evaluate", ssh),
                List.of("/evaluate", https),
                List.of("/trace", http),
                List.of("/preview", change),
                List.of("/analysis", change),
                List.of("/documents/dry-run", change))) {
            assertThat(body(acme, "POST", question.getFirst(), question.getLast()))
                    .as(question.toString())
                    .doesNotContainIgnoringCase(SECRET)
                    .doesNotContain(Long.toString(RULE_ID));
        }
    }

    @Test
    void shouldSayThatTheProviderDecidedWhereItDid() throws Exception {
        try (PortcullisClient tenant = PortcullisClient.connect(base(), acme)) {
            EvaluateRequest http = EvaluateRequest.ofPort("192.0.2.1", "web-1", "tcp", 80);
            VerdictView verdict =
                    tenant.evaluate("acme", http).paths().getFirst().destination();
            assertThat(verdict.verdict()).isEqualTo("DROP");
            assertThat(verdict.cause()).isEqualTo("PROVIDER");
            assertThat(verdict.rule()).isNull();
            assertThat(verdict.reasons()).isEmpty();

            var firewall = tenant.trace("acme", http)
                    .paths()
                    .getFirst()
                    .destination()
                    .firewalls()
                    .getFirst();
            assertThat(firewall.rule()).isEqualTo("PROVIDER");
            assertThat(firewall.connections().getFirst().rule()).isEqualTo("PROVIDER");
            assertThat(tenant.rules("acme", "web-1", "eth0").providerRules()).isTrue();
            assertThat(tenant.rules("acme", "web-1", "eth0").rules()).hasSize(1);
            assertThat(tenant.staged("acme").get().rules().getFirst().rule()).isEqualTo("PROVIDER");
            assertThat(tenant.preview("acme", CHANGE)
                            .items()
                            .getFirst()
                            .examples()
                            .getFirst()
                            .rule())
                    .isEqualTo("PROVIDER");
        }
    }

    @Test
    void shouldTellTokensOfTheClusterAll() throws Exception {
        EvaluateRequest http = EvaluateRequest.ofPort("192.0.2.1", "web-1", "tcp", 80);
        VerdictView verdict = client.evaluate("acme", http).paths().getFirst().destination();

        assertThat(verdict.cause()).isEqualTo("RULE");
        assertThat(verdict.rule().policy()).isEqualTo("provider/zebra-guard");
        assertThat(verdict.reasons().toString()).contains("zebra-set");
        assertThat(client.rules("acme", "web-1", "eth0").providerRules()).isFalse();
        assertThat(client.rules("acme", "web-1", "eth0").rules())
                .anySatisfy(rule -> assertThat(rule.name()).isEqualTo(RULE));
        assertThat(client.connections("acme", "web-1", "eth0", 10)
                        .connections()
                        .getFirst()
                        .rule())
                .isEqualTo(RULE);
        assertThat(client.trace("acme", http)
                        .paths()
                        .getFirst()
                        .destination()
                        .firewalls()
                        .getFirst()
                        .rule())
                .isEqualTo(RULE);
        assertThat(client.staged("acme").get().rules().getFirst().rule()).isEqualTo(RULE);
    }

    @Test
    void shouldPreviewWhatAChangeOfTheProviderWouldDoToEveryTenant() {
        PreviewView view = client.preview("provider", POLICIES.replace("action: DROP", "action: REJECT"));

        assertThat(view.tenant()).isEqualTo("provider");
        assertThat(view.changed()).containsExactly("Policy/zebra-guard");
        assertThat(view.vnics()).isEqualTo(1);
        assertThat(view.tables().getFirst().vnics()).containsExactly(WEB.toString());
        assertThat(view.tables().getFirst().changed().names()).containsExactly(RULE + " (REJECT)");
        assertThat(view.cut()).isEqualTo(2);
        assertThat(view.items().getFirst().examples().getFirst().connection().rule())
                .isEqualTo(RULE);
        assertThat(services.models.get("acme").provider().policies().toString()).doesNotContain("REJECT");
    }

    @Test
    void shouldShowWhatItsRulesCountedInAllTenants() {
        RuleHit hit = new RuleHit(RULE_ID, 412, 0);
        HitReport one = new HitReport(Map.of(RULE_ID, hit), null, List.of("host-1"), true);
        services.hitReport = one.plus(one);

        HitsView view = client.hits("provider", null, 100);

        assertThat(view.rules())
                .extracting(HitsView.Rule::rule, HitsView.Rule::hits)
                .containsExactly(tuple("zebra-pass", 0L), tuple("zebra-rule", 824L));
        assertThat(view.silentHosts()).containsExactly("host-1");
    }

    @Test
    void shouldNotExistForATenantsToken() throws Exception {
        try (PortcullisClient tenant = PortcullisClient.connect(base(), acme)) {
            assertThat(tenant.tenants()).extracting(TenantView::name).containsExactly("acme");
            assertThat(client.tenants()).extracting(TenantView::name).contains("provider");
        }
        for (String path :
                List.of("", "/policies", "/policies/zebra-guard", "/history", "/documents", "/realization")) {
            var foreign = send("GET", "/v1/tenants/globex" + path, acme, null);
            var provider = send("GET", "/v1/tenants/provider" + path, acme, null);
            assertThat(provider.statusCode()).as(path).isEqualTo(404);
            assertThat(provider.body()).isEqualTo(foreign.body().replace("globex", "provider"));
        }
        assertThat(send("POST", "/v1/tenants/provider/documents", acme, "[]").statusCode())
                .isEqualTo(404);
    }

    @Test
    void shouldHaveNoTokensOfItsOwn() {
        var refused = refused(() -> client.createToken(new TokenRequest("p", "admin", "provider", null)));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem().problems().getFirst().path()).isEqualTo("tenant");
    }

    @Test
    void shouldLeaveTheProvidersPoliciesOutOfExportsAndRollbacks() {
        String exported = client.revisions("acme").export(null, null, null);
        long then = client.tenant("acme").revision() - 1;

        assertThat(exported).doesNotContain(SECRET);
        assertThat(client.apply("acme", exported).changed()).isEmpty();
        client.apply("acme", CHANGE);
        client.revisions("acme").rollback(new RollbackRequest(then, null), OptionalLong.empty());
        assertThat(services.models.get("acme").provider().policies()).containsOnlyKeys("provider/zebra-guard");
        assertThat(client.revisions("acme").export(null, null, null)).isEqualTo(exported);
    }
}
