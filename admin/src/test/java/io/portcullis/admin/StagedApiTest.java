package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ApiException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.Resource;
import io.portcullis.api.RevisionView;
import io.portcullis.api.RollbackRequest;
import io.portcullis.api.StagedPolicies;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.api.StagedView;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.engine.ShadowReport.RuleCount;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.StagedCounts;
import java.net.InetAddress;
import java.nio.file.Files;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes of policies that are held until they are published. */
class StagedApiTest extends ApiTestCase {
    private static final OptionalLong ANY = OptionalLong.empty();
    private static final String TIGHTER = """
        kind: Policy
        metadata: {name: web}
        spec:
          category: APPLICATION
          rules:
            - {name: http, sources: [10.0.0.0/8], destinations: [web], services: [http], direction: IN, action: ALLOW}
        """;
    private static final String NEW = """
        kind: Policy
        metadata: {name: ssh}
        spec:
          category: APPLICATION
          rules: [{name: admins, sources: [any], services: [ssh], action: ALLOW}]
        """;

    private StagedPolicies staged;

    @BeforeEach
    void open() {
        staged = client.staged("acme");
        client.apply("acme", TENANT);
    }

    private String policies() {
        return client.revisions("acme").export(null, "Policy", null);
    }

    @Test
    void shouldHoldAChangeWithoutTouchingWhatIsEnforced() {
        String before = policies();
        long revision = client.tenant("acme").revision();

        DryRunView tried = staged.tryToStage(TIGHTER, ANY);
        ChangeView change = staged.stage(TIGHTER + "---\n" + NEW, OptionalLong.of(revision));

        assertThat(tried.diff()).startsWith("--- /dev/null\n+++ StagedPolicy/web\n");
        assertThat(change.changed()).containsExactly("StagedPolicy/ssh", "StagedPolicy/web");
        assertThat(change.revision()).isEqualTo(revision + 1);
        assertThat(policies()).isEqualTo(before);
        List<Resource<StagedPolicySpec>> held = client.resources("acme", "staged-policies", StagedPolicySpec.class);
        assertThat(held).extracting(each -> each.metadata().name()).containsExactly("ssh", "web");
        assertThat(staged.stage(TIGHTER, ANY).changed()).isEmpty();
    }

    @Test
    void shouldPublishAllAsOneRevisionAndSaySoInTheHistory() throws Exception {
        staged.stage(NEW, ANY);
        client.put("acme", "staged-policies", "web", StagedPolicySpec.ofRemoval());
        long revision = client.tenant("acme").revision();

        DryRunView tried = staged.tryToPublish(List.of(), ANY);
        assertThat(client.tenant("acme").revision()).isEqualTo(revision);
        ChangeView change = staged.publish(List.of(), OptionalLong.of(revision));

        assertThat(tried.diff()).contains("--- /dev/null\n+++ Policy/ssh", "--- Policy/web\n+++ /dev/null");
        assertThat(change.revision()).isEqualTo(revision + 1);
        assertThat(change.changed())
                .isEqualTo(tried.changed())
                .containsExactly("Policy/ssh", "Policy/web", "StagedPolicy/ssh", "StagedPolicy/web");
        assertThat(policies()).contains("name: ssh").doesNotContain("name: web\n");
        RevisionView newest = client.revisions("acme").history(null, 1).items().getFirst();
        assertThat(newest.note()).isEqualTo("published: all");
        assertThat(Files.readAllLines(folder.resolve("audit.log")).getLast())
                .contains("POST /v1/tenants/acme/staged/publish", "+++ Policy/ssh");
        assertThat(staged.publish(List.of(), ANY).changed()).isEmpty();
    }

    @Test
    void shouldPublishAndDropByName() {
        staged.stage(TIGHTER + "---\n" + NEW, ANY);

        assertThat(staged.publish(List.of("ssh"), ANY).changed()).containsExactly("Policy/ssh", "StagedPolicy/ssh");
        assertThat(staged.drop(List.of("web"), ANY).changed()).containsExactly("StagedPolicy/web");

        ApiException unknown = refused(() -> staged.publish(List.of("web"), ANY));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.problem().detail()).contains("StagedPolicy 'web'");
        assertThat(refused(() -> staged.drop(List.of("wob"), ANY)).status()).isEqualTo(404);
        assertThat(refused(() -> staged.publish(List.of(), OptionalLong.of(1))).status())
                .isEqualTo(412);
    }

    @Test
    void shouldRefuseWithReasonsWhatCannotBePublishedAnyMore() {
        staged.stage(TIGHTER + "---\n" + NEW, ANY);
        client.apply(
                "acme",
                client.revisions("acme").export(null, "Policy", "web").replace("  rules:", "  lock: audit\n  rules:"));
        String before = policies();

        ApiException refused = refused(() -> staged.publish(List.of(), ANY));

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.problem().detail()).contains("Policy/web the policy is locked: audit");
        assertThat(refused.problem().hint()).contains("unlock it first");
        assertThat(policies()).isEqualTo(before);
        assertThat(client.resources("acme", "staged-policies", StagedPolicySpec.class))
                .hasSize(2);
    }

    @Test
    void shouldSayWhereADocumentThatIsStagedIsWrong() {
        ApiException unknown = refused(() -> staged.stage(TIGHTER.replace("[web]", "[wob]"), ANY));
        ApiException group =
                refused(() -> staged.stage("{kind: Group, metadata: {name: g}, spec: {members: {tag: a:b}}}", ANY));
        ApiException both =
                refused(() -> client.put("acme", "staged-policies", "web", new StagedPolicySpec(null, null)));
        ApiException twice = refused(() ->
                staged.stage(NEW + "---\n{kind: StagedPolicy, metadata: {name: ssh}, spec: {removal: true}}", ANY));
        ApiException removal =
                refused(() -> staged.stage("{kind: StagedPolicy, metadata: {name: ssh}, spec: {removal: true}}", ANY));
        ApiException nested = refused(() -> staged.stage(
                "{kind: StagedPolicy, metadata: {name: n}, spec: {policy: {category: APPLICATION, rules: "
                        + "[{name: r, sources: [10.0.0.1, nobody], services: [any], action: DROP}]}}}",
                ANY));

        assertThat(paths(unknown)).containsExactly("spec.rules[0].destinations[0]");
        assertThat(paths(group)).containsExactly("kind");
        assertThat(paths(both)).containsExactly("");
        assertThat(paths(twice)).containsExactly("documents[1].metadata.name");
        assertThat(paths(removal)).containsExactly("spec");
        assertThat(paths(nested)).containsExactly("spec.policy.rules[0].sources[1]");
        assertThat(client.resources("acme", "staged-policies", StagedPolicySpec.class))
                .isEmpty();
    }

    private static List<String> paths(ApiException refused) {
        assertThat(refused.status()).isEqualTo(400);
        return refused.problem().problems().stream().map(FieldProblem::path).toList();
    }

    @Test
    void shouldShowWhatStagedPoliciesWouldHaveDone() throws Exception {
        staged.stage(TIGHTER + "---\n" + NEW, ANY);
        ShadowReport.Example flow = new ShadowReport.Example(
                ShadowReport.Difference.WOULD_CUT,
                Direction.IN,
                0x0800,
                new MacAddress(1),
                new MacAddress(2),
                InetAddress.ofLiteral("192.0.2.9"),
                InetAddress.ofLiteral("10.0.0.1"),
                6,
                40_000,
                80,
                0,
                0,
                "web/http",
                "",
                2_000_000,
                7);
        services.stagedReport = new StagedReport(
                new StagedCounts(
                        3,
                        1,
                        12,
                        List.of(
                                new RuleCount(0, "", 5, 4, 0, 3),
                                new RuleCount(7, "web/http", 9, 0, 0, 0),
                                new RuleCount(8, "other/rule", 6, 0, 0, 0)),
                        2,
                        List.of(new StagedCounts.Example(VnicId.parse("acme/web-1/eth0"), flow))),
                List.of("host-2"));

        StagedView view = staged.get();

        assertThat(view.policies())
                .containsExactly(new StagedView.Policy("ssh", "ADD"), new StagedView.Policy("web", "CHANGE"));
        assertThat(view.rules())
                .containsExactly(
                        new StagedView.Rule("ssh/admins", true, 0, 0, 0, 0),
                        new StagedView.Rule("web/http", true, 9, 0, 0, 0),
                        new StagedView.Rule("default", false, 5, 4, 0, 3));
        assertThat(view.examples())
                .containsExactly(new StagedView.Example(
                        "acme/web-1/eth0",
                        "WOULD_CUT",
                        "IN",
                        "tcp",
                        "192.0.2.9:40000",
                        "10.0.0.1:80",
                        "web/http",
                        "default",
                        2,
                        7));
        assertThat(view.silentHosts()).containsExactly("host-2");
        assertThat(view.omittedRules()).isEqualTo(2);
        assertThat(send("GET", "/v1/tenants/nobody/staged", token(), null).statusCode())
                .isEqualTo(404);
    }

    @Test
    void shouldKeepWhatIsStagedInExportsAndRollbacks() {
        staged.stage(TIGHTER, ANY);
        long then = client.tenant("acme").revision();
        String export = client.revisions("acme").export(null, null, null);
        staged.drop(List.of(), ANY);

        assertThat(export).contains("kind: StagedPolicy");
        assertThat(client.apply("acme", export).changed()).containsExactly("StagedPolicy/web");
        client.delete("acme", "staged-policies", "web");
        assertThat(client.revisions("acme")
                        .rollback(new RollbackRequest(then, null), ANY)
                        .changed())
                .containsExactly("StagedPolicy/web");
        ApiException used = refused(() -> client.delete("acme", "groups", "web"));
        assertThat(used.problem().code()).isEqualTo("in-use");
        assertThat(used.problem().problems())
                .extracting(FieldProblem::path)
                .anyMatch(path -> path.startsWith("StagedPolicy/web"));
    }
}
