package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ApiException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.HistoryView;
import io.portcullis.api.RevisionView;
import io.portcullis.api.RollbackRequest;
import io.portcullis.api.TenantRevisions;
import io.portcullis.api.TenantSpec;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Older revisions of a tenant, and changes that are only tried. */
class RevisionApiTest extends ApiTestCase {
    private static final String OTHER_GROUP = "{kind: Group, metadata: {name: web}, spec: {members: {tag: app:www}}}";

    private TenantRevisions revisions;

    @BeforeEach
    void open() {
        revisions = client.revisions("acme");
    }

    @Test
    void shouldShowWhatAnApplyWouldChangeAndChangeNothing() {
        long revision = client.apply("acme", TENANT).revision();

        DryRunView view = revisions.dryRun(OTHER_GROUP, OptionalLong.of(revision));

        assertThat(view.revision()).isEqualTo(revision);
        assertThat(view.changed()).containsExactly("Group/web");
        assertThat(view.diff()).isEqualTo("""
            --- Group/web
            +++ Group/web
            @@ -3,4 +3,4 @@
               name: web
             spec:
               members:
            -    tag: app:web
            +    tag: app:www
            """);
        assertThat(revisions.dryRun(TENANT, OptionalLong.empty()))
                .isEqualTo(new DryRunView("acme", revision, List.of(), ""));
        assertThat(client.tenant("acme").revision()).isEqualTo(revision);
    }

    @Test
    void shouldShowTheTimeInDifferencesAndLeaveItInARollback() {
        client.apply("acme", TENANT);
        long first = client.apply("acme", """
            kind: Policy
            metadata: {name: night}
            spec:
              category: APPLICATION
              schedule: {timeZone: UTC, windows: ["22:00-06:00"]}
              rules: [{name: all, services: [any], action: DROP, expires: "2026-12-02T00:00:00Z"}]
            """).revision();
        Instant morning = Instant.parse("2026-12-02T07:00:00Z");
        services.edit(
                        new TenantId("acme"),
                        List.of(new ModelEdit.SetClock(morning)),
                        OptionalLong.empty(),
                        "the clock",
                        "")
                .toCompletableFuture()
                .join();
        client.apply("acme", OTHER_GROUP);

        assertThat(revisions.get(first + 1).diff()).isEqualTo("""
            --- Clock/acme
            +++ Clock/acme
            @@ -2,5 +2,7 @@
             metadata:
               name: acme
             spec:
            -  time: 1970-01-01T00:00:00Z
            -  inactive: []
            +  time: 2026-12-02T07:00:00Z
            +  inactive:
            +  - Policy/night
            +  - Rule/night/all
            """);
        assertThat(revisions.export(null, null, null)).doesNotContain("Clock");
        assertThat(revisions
                        .rollback(new RollbackRequest(first, true), OptionalLong.empty())
                        .changed())
                .containsExactly("Group/web");
        assertThat(services.models.get("acme").time()).isEqualTo(morning);
    }

    @Test
    void shouldMakeAllChecksOfAnApplyInADryRun() {
        long revision = client.apply("acme", TENANT).revision();
        client.attach("acme", "web-1", "host-1");

        assertThat(refused(() -> revisions.dryRun(OTHER_GROUP, OptionalLong.of(revision + 1)))
                        .status())
                .isEqualTo(412);
        ApiException reference = refused(() -> revisions.dryRun(
                "{kind: Group, metadata: {name: g}, spec: {members: {group: none}}}", OptionalLong.empty()));
        assertThat(reference.problem().problems().getFirst().path()).isEqualTo("spec.members");
        ApiException attached = refused(
                () -> revisions.dryRun(TENANT.replace("02:00:00:00:00:01", "02:00:00:00:00:09"), OptionalLong.empty()));
        assertThat(attached.problem().code()).isEqualTo("wrong-state");
    }

    @Test
    void shouldExportWhatApplyTakesBackIntoAnEqualModel() {
        client.apply("acme", TENANT);
        client.tag("acme", "web-1", List.of("stage:prod"), List.of());
        client.findings(
                "acme", "web-1", new io.portcullis.api.FindingsRequest(java.util.Map.of("malware", "eicar"), null));
        client.putTenant("acme", new TenantSpec("REJECT", "loose", "nsx"));
        TenantModel before = services.models.get("acme");

        String export = revisions.export(null, null, null);
        services.models.put("acme", TenantModel.empty(before.tenant()));
        client.apply("acme", export);

        assertThat(export).startsWith("---\nkind: Tenant\n");
        assertThat(ModelChange.between(before, services.models.get("acme"))).isEmpty();
        assertThat(revisions.export(null, "Group", "web")).isEqualTo("""
            ---
            kind: Group
            metadata:
              name: web
            spec:
              members:
                tag: app:web
            """);
        assertThat(refused(() -> revisions.export(null, "Group", "wob")).status())
                .isEqualTo(404);
        assertThat(refused(() -> revisions.export(null, "Grup", null)).status()).isEqualTo(400);
    }

    @Test
    void shouldLeaveFindingsToScannersUnlessADocumentSpeaksOfThem() {
        client.apply("acme", TENANT);
        client.findings(
                "acme", "web-1", new io.portcullis.api.FindingsRequest(java.util.Map.of("malware", "eicar"), null));

        assertThat(client.apply("acme", TENANT).changed()).isEmpty();
        client.apply("acme", TENANT.replace("  tags: [app:web]\n", "  tags: [app:web]\n  findings: {}\n"));

        assertThat(client.vm("acme", "web-1").findings()).isEmpty();
    }

    @Test
    void shouldRefuseTheDefaultsOfAnotherTenant() {
        ApiException refused = refused(
                () -> client.apply("acme", "{kind: Tenant, metadata: {name: other}, spec: {defaultAction: PASS}}"));

        assertThat(refused.problem().problems())
                .extracting(io.portcullis.api.FieldProblem::path)
                .containsExactly("metadata.name", "spec.defaultAction");
    }

    @Test
    void shouldShowRevisionsWithTheDifferenceThatEachMade() {
        long first = client.apply("acme", TENANT).revision();
        client.apply("acme", OTHER_GROUP);

        HistoryView page = revisions.history(null, 1);
        RevisionView revision = revisions.get(first + 1);

        assertThat(page.items()).extracting(RevisionView::revision).containsExactly(first + 1);
        assertThat(page.current()).isEqualTo(first + 1);
        assertThat(revisions.history(first + 1, 10).items().getFirst().revision())
                .isEqualTo(first);
        assertThat(revision.by()).isEqualTo("operator");
        assertThat(revision.diff()).contains("-    tag: app:web", "+    tag: app:www");
        assertThat(refused(() -> revisions.get(first + 2)).status()).isEqualTo(404);
        assertThat(client.resource("acme", "groups", "web", GroupSpec.class, first)
                        .spec()
                        .members()
                        .tag())
                .isEqualTo("app:web");
        assertThat(client.resources("acme", "groups", GroupSpec.class, first))
                .hasSize(1)
                .allSatisfy(group -> assertThat(group.metadata().revision()).isEqualTo(first));
        assertThat(revisions.export(first, "Group", null)).contains("tag: app:web");
    }

    @Test
    void shouldRollBackToANewRevisionWithoutTheInventory() {
        long first = client.apply("acme", TENANT).revision();
        client.apply("acme", OTHER_GROUP);
        client.putTenant("acme", new TenantSpec("ALLOW", null));
        client.delete("acme", "policies", "web");
        client.tag("acme", "web-1", List.of("stage:prod"), List.of());
        long last = client.tenant("acme").revision();
        RollbackRequest request = new RollbackRequest(first, null);

        DryRunView tried = revisions.dryRun(request, OptionalLong.of(last));
        assertThat(client.tenant("acme").revision()).isEqualTo(last);
        ChangeView change = revisions.rollback(request, OptionalLong.of(last));

        assertThat(change.revision()).isEqualTo(last + 1);
        assertThat(change.changed())
                .isEqualTo(tried.changed())
                .containsExactly("Tenant/acme", "Group/web", "Policy/web");
        assertThat(tried.diff()).contains("-    tag: app:www", "+    tag: app:web", "--- /dev/null\n+++ Policy/web");
        assertThat(client.vm("acme", "web-1").tags()).containsExactly("app:web", "stage:prod");
        assertThat(revisions.history(null, 1).items().getFirst().note()).isEqualTo("rollback to revision " + first);
        assertThat(revisions.rollback(request, OptionalLong.empty()).changed()).isEmpty();
    }

    @Test
    void shouldRollTheInventoryBackOnlyWhenToldSo() {
        long first = client.apply("acme", TENANT).revision();
        client.tag("acme", "web-1", List.of("stage:prod"), List.of("app:web"));

        assertThat(revisions
                        .rollback(new RollbackRequest(first, true), OptionalLong.empty())
                        .changed())
                .containsExactly("Vm/web-1");

        assertThat(client.vm("acme", "web-1").tags()).containsExactly("app:web");
    }

    @Test
    void shouldRefuseToBringBackWhatNamesSomethingThatIsGone() {
        client.apply("acme", TENANT);
        long named = client.apply("acme", "{kind: Group, metadata: {name: named}, spec: {members: {vms: [web-1]}}}")
                .revision();
        client.delete("acme", "groups", "named");
        client.deleteVm("acme", "web-1");
        long last = client.tenant("acme").revision();

        ApiException refused =
                refused(() -> revisions.rollback(new RollbackRequest(named, null), OptionalLong.empty()));

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.problem().detail()).contains("Group/named").contains("there is no VM 'web-1'");
        assertThat(refused.problem().hint()).contains("inventory");
        assertThat(client.tenant("acme").revision()).isEqualTo(last);
        assertThat(revisions
                        .rollback(new RollbackRequest(named, true), OptionalLong.empty())
                        .changed())
                .containsExactly("Group/named", "Vm/web-1");
    }

    @Test
    void shouldRefuseARollbackThatWouldChangeAnAttachedVm() {
        long first = client.apply("acme", TENANT).revision();
        client.apply("acme", "{kind: Segment, metadata: {name: front}, spec: {vlan: 102}}");
        client.attach("acme", "web-1", "host-1");

        ApiException refused =
                refused(() -> revisions.rollback(new RollbackRequest(first, null), OptionalLong.empty()));

        assertThat(refused.problem().code()).isEqualTo("wrong-state");
        assertThat(refused.problem().detail()).contains("acme/web-1 is attached");
        assertThat(refused(() -> revisions.rollback(new RollbackRequest(77, null), OptionalLong.empty()))
                        .status())
                .isEqualTo(404);
    }

    @Test
    void shouldAuditEveryChangeAndRefusalButNoQuestion() throws Exception {
        client.apply("acme", TENANT);
        revisions.dryRun(OTHER_GROUP, OptionalLong.empty());
        refused(() -> client.apply("acme", OTHER_GROUP, OptionalLong.of(77)));
        client.attach("acme", "web-1", "host-1");
        send("POST", "/v1/tenants/acme/rollback", "wrong", "{\"to\": 1}");
        client.vms("acme");

        List<String> lines = Files.readAllLines(folder.resolve("audit.log"));

        assertThat(lines).hasSize(5);
        assertThat(lines.get(0)).contains("\"by\":\"operator\"", "PUT /v1/tenants/acme\"", "\"result\":\"done\"");
        assertThat(lines.get(1)).contains("POST /v1/tenants/acme/documents\"", "+++ Policy/web\\n", "\"Group/web\"");
        assertThat(lines.get(2)).contains("\"result\":\"refused\",\"status\":412,\"code\":\"stale-revision\"");
        assertThat(lines.get(3)).contains("/vms/web-1/attach\"", "\"result\":\"done\"", "\"detail\":\"on host-1\"");
        client.putTenant("acme", new TenantSpec("ALLOW", null));
        assertThat(Files.readAllLines(folder.resolve("audit.log")).getLast())
                .contains("-  defaultAction: DROP\\n+  defaultAction: ALLOW");
        assertThat(lines.get(4)).contains("\"by\":\"\"", "\"status\":401");
    }
}
