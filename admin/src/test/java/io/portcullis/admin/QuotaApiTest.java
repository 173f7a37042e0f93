package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ApiException;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.QuotaSpec;
import io.portcullis.api.RollbackRequest;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.TokenRequest;
import io.portcullis.api.TokenView;
import java.nio.file.Files;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a tenant may have at most, who sets it, and what becomes of a change that would exceed it. */
class QuotaApiTest extends ApiTestCase {
    private static final String ANOTHER_GROUP = "{kind: Group, metadata: {name: db}, spec: {members: {tag: app:db}}}";

    @BeforeEach
    void makeTenants() {
        client.apply("acme", TENANT);
        client.putTenant("globex", new TenantSpec(null, null));
    }

    private PortcullisClient as(String role, @Nullable String tenant) {
        TokenView token = client.createToken(
                new TokenRequest(role + "-" + (tenant == null ? "all" : tenant), role, tenant, null));
        return PortcullisClient.connect(base(), String.valueOf(token.secret()));
    }

    private void limit(String what, int limit) {
        client.quota("acme").put(new QuotaSpec(Map.of(what, limit)), OptionalLong.empty());
    }

    @Test
    void shouldShowWhatATenantMayHaveAndHas() {
        long revision = client.tenant("acme").revision();

        assertThat(client.quota("acme").get().limits()).isEmpty();
        assertThat(client.quota("acme").put(new QuotaSpec(Map.of("vms", 10, "rules", 1)), OptionalLong.of(revision)))
                .satisfies(change -> {
                    assertThat(change.revision()).isEqualTo(revision + 1);
                    assertThat(change.changed()).containsExactly("Quota/acme");
                });

        assertThat(client.quota("acme").get()).satisfies(view -> {
            assertThat(view.revision()).isEqualTo(revision + 1);
            assertThat(view.limits()).isEqualTo(Map.of("vms", 10, "rules", 1));
            assertThat(view.used())
                    .isEqualTo(Map.of(
                            "vms",
                            1,
                            "vnics",
                            1,
                            "segments",
                            1,
                            "groups",
                            1,
                            "services",
                            1,
                            "policies",
                            1,
                            "rules",
                            1,
                            "members",
                            1));
        });
        assertThat(refused(() -> client.quota("acme").put(new QuotaSpec(Map.of()), OptionalLong.of(revision)))
                        .status())
                .isEqualTo(412);
        client.quota("acme").put(new QuotaSpec(Map.of()), OptionalLong.empty());
        assertThat(client.quota("acme").get().limits()).isEmpty();
    }

    @Test
    void shouldRefuseWhatIsNoQuota() {
        ApiException refused = refused(
                () -> client.quota("acme").put(new QuotaSpec(Map.of("vms", -1, "rule", 5)), OptionalLong.empty()));

        assertThat(refused.problem().code()).isEqualTo("invalid-document");
        assertThat(refused.problem().problems())
                .extracting(FieldProblem::path, FieldProblem::hint)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(
                                "limits.vms", "give 0 or more, or leave it out for no limit"),
                        org.assertj.core.groups.Tuple.tuple("limits.rule", "did you mean rules?"));
        assertThat(client.quota("acme").get().limits()).isEmpty();
    }

    @Test
    void shouldRefuseWhatWouldExceedTheQuotaAndSayWhatThereIs() throws Exception {
        limit("groups", 1);
        long revision = client.tenant("acme").revision();

        ApiException refused = refused(() -> client.apply("acme", ANOTHER_GROUP));

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.problem().code()).isEqualTo("quota");
        assertThat(refused.problem().detail())
                .isEqualTo("quota.groups: the tenant's quota is 1 groups; it has 1 and would have 2");
        assertThat(refused.problem().hint()).isEqualTo("delete others first, or ask whoever runs the cluster for more");
        assertThat(refused(() -> client.revisions("acme").dryRun(ANOTHER_GROUP, OptionalLong.empty()))
                        .problem())
                .isEqualTo(refused.problem());
        assertThat(client.tenant("acme").revision()).isEqualTo(revision);
        assertThat(Files.readAllLines(folder.resolve("audit.log")).getLast()).contains("\"code\":\"quota\"");
        assertThat(send("GET", "/metrics", null, null).body())
                .contains("portcullis_http_refused_total{code=\"quota\"} 2.0");
    }

    @Test
    void shouldLetAdminsOfTheClusterSetItAndATenantSeeItsOwn() {
        limit("vms", 5);
        QuotaSpec more = new QuotaSpec(Map.of("vms", 500));
        try (PortcullisClient acme = as("admin", "acme");
                PortcullisClient globex = as("admin", "globex");
                PortcullisClient editor = as("editor", null);
                PortcullisClient viewer = as("viewer", "acme")) {
            assertThat(acme.quota("acme").get().limits()).containsEntry("vms", 5);
            assertThat(viewer.quota("acme").get().used()).containsEntry("vms", 1);

            ApiException own = refused(() -> acme.quota("acme").put(more, OptionalLong.empty()));
            assertThat(own.status()).isEqualTo(403);
            assertThat(own.problem().detail())
                    .isEqualTo("this needs a token for the whole cluster, not for tenant acme");
            assertThat(own.problem().hint()).isNotEmpty();
            assertThat(refused(() -> editor.quota("acme").put(more, OptionalLong.empty()))
                            .status())
                    .isEqualTo(403);
            assertThat(refused(() -> globex.quota("acme").get()).status()).isEqualTo(404);
            assertThat(refused(() -> globex.quota("acme").put(more, OptionalLong.empty()))
                            .status())
                    .isEqualTo(404);
        }
        assertThat(refused(() -> client.quota("nobody").put(more, OptionalLong.empty()))
                        .status())
                .isEqualTo(404);
        assertThat(client.quota("acme").get().limits()).containsEntry("vms", 5);
    }

    @Test
    void shouldKeepTheQuotaInARollbackAndRefuseOneThatWouldExceedIt() {
        client.apply("acme", ANOTHER_GROUP);
        long two = client.tenant("acme").revision();
        client.delete("acme", "groups", "db");
        limit("groups", 1);
        RollbackRequest request = new RollbackRequest(two, null);

        ApiException refused = refused(() -> client.revisions("acme").rollback(request, OptionalLong.empty()));

        assertThat(refused.problem().code()).isEqualTo("quota");
        limit("groups", 2);
        assertThat(client.revisions("acme")
                        .rollback(request, OptionalLong.empty())
                        .changed())
                .containsExactly("Group/db");
        assertThat(client.quota("acme").get().limits()).isEqualTo(Map.of("groups", 2));
        assertThat(client.revisions("acme").export(null, null, null)).doesNotContain("Quota");
    }

    @Test
    void shouldShowEachChangeOfAQuotaInTheHistory() {
        limit("groups", 3);
        limit("groups", 2);

        assertThat(client.revisions("acme")
                        .get(client.tenant("acme").revision())
                        .diff())
                .isEqualTo("""
                    --- Quota/acme
                    +++ Quota/acme
                    @@ -3,4 +3,4 @@
                       name: acme
                     spec:
                       limits:
                    -    groups: 3
                    +    groups: 2
                    """);
    }
}
