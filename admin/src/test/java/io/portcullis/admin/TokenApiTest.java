package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ApiException;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.TenantView;
import io.portcullis.api.TokenRequest;
import io.portcullis.api.TokenView;
import io.portcullis.persistence.ApiToken;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens, and what each may see and do. */
class TokenApiTest extends ApiTestCase {
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

    private static int status(Runnable call) {
        return refused(call).status();
    }

    @Test
    void shouldShowATokenOnceAndKeepItsDigestOnly() {
        TokenView made = client.createToken(new TokenRequest("ci", "editor", "acme", "2999-01-01T00:00:00Z"));

        assertThat(made.secret()).startsWith("pct_").hasSizeGreaterThan(40);
        ApiToken stored = tokens.byName.get("ci");
        assertThat(stored.digest()).isEqualTo(Authenticator.digestOf(String.valueOf(made.secret())));
        assertThat(stored.createdBy()).isEqualTo("operator");
        TokenView listed = client.tokens().getFirst();
        assertThat(listed.secret()).isNull();
        assertThat(listed.expires()).isEqualTo("2999-01-01T00:00:00Z");
        client.deleteToken("ci");
        assertThat(client.tokens()).isEmpty();
        assertThat(status(() -> client.deleteToken("ci"))).isEqualTo(404);
    }

    @Test
    void shouldRefuseTokensThatCannotBe() {
        client.createToken(new TokenRequest("ci", "viewer", null, null));

        assertThat(refused(() -> client.createToken(new TokenRequest("ci", "viewer", null, null)))
                        .problem()
                        .code())
                .isEqualTo("in-use");
        assertThat(status(() -> client.createToken(new TokenRequest("a", "viewer", "nobody", null))))
                .isEqualTo(404);
        ApiException refused =
                refused(() -> client.createToken(new TokenRequest("operator", "root", "No!", "2001-01-01T00:00:00Z")));
        assertThat(refused.problem().problems())
                .extracting(problem -> problem.path())
                .containsExactlyInAnyOrder("name", "role", "tenant", "expires");
        assertThat(tokens.byName).containsOnlyKeys("ci");
    }

    @Test
    void shouldLetAViewerReadAndNotChange() {
        try (PortcullisClient viewer = as("viewer", null)) {
            assertThat(viewer.hosts()).hasSize(2);
            assertThat(viewer.vm("acme", "web-1").name()).isEqualTo("web-1");
            long revision = client.tenant("acme").revision();

            ApiException refused = refused(() -> viewer.tag("acme", "web-1", List.of("a:b"), List.of()));

            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.problem().detail()).contains("editor").contains("viewer-all");
            assertThat(status(() -> viewer.migrate("acme/web-1", "host-2"))).isEqualTo(403);
            assertThat(status(viewer::tokens)).isEqualTo(403);
            assertThat(client.tenant("acme").revision()).isEqualTo(revision);
        }
    }

    @Test
    void shouldRecordWhoChangedSomething() {
        try (PortcullisClient editor = as("editor", null)) {
            editor.attach("acme", "web-1", "host-1");
            MigrationView migration = editor.migrate("acme/web-1", "host-2");

            assertThat(migration.requestedBy()).isEqualTo("editor-all");
            assertThat(status(editor::tokens)).isEqualTo(403);
        }
    }

    @Test
    void shouldLetATenantsTokenSeeNothingElse() {
        client.attach("acme", "web-1", "host-1");
        MigrationView migration = client.migrate("acme/web-1", "host-2");
        try (PortcullisClient acme = as("admin", "acme");
                PortcullisClient globex = as("editor", "globex")) {
            assertThat(acme.tenants()).extracting(TenantView::name).containsExactly("acme");
            assertThat(acme.tag("acme", "web-1", List.of("a:b"), List.of()).revision())
                    .isPositive();
            assertThat(acme.migrations(null, 10)).hasSize(1);
            assertThat(globex.migrations(null, 10)).isEmpty();
            assertThat(status(() -> globex.migration(migration.id()))).isEqualTo(404);
            // a tenant that there is and one that there is not look the same
            assertThat(refused(() -> globex.vms("acme")).problem().detail()).isEqualTo("there is no tenant 'acme'");
            assertThat(refused(() -> globex.vms("nobody")).problem())
                    .usingRecursiveComparison()
                    .ignoringFields("detail")
                    .isEqualTo(refused(() -> globex.vms("acme")).problem());
            assertThat(refused(acme::hosts).problem().detail()).isEqualTo("there is nothing at /v1/hosts");
            assertThat(status(acme::cluster)).isEqualTo(404);
            assertThat(status(() -> acme.migrate("acme/web-1", "host-1"))).isEqualTo(403);
            assertThat(status(() -> acme.cancel(migration.id()))).isEqualTo(403);
            assertThat(status(() -> acme.drain("host-1"))).isEqualTo(404);
            assertThat(status(() -> acme.detach("acme", "web-1"))).isEqualTo(403);
            assertThat(acme.putTenant("acme", new TenantSpec("REJECT", null)).defaultAction())
                    .isEqualTo("REJECT");
            assertThat(status(() -> acme.putTenant("initech", new TenantSpec(null, null))))
                    .isEqualTo(404);
            assertThat(status(() -> acme.deleteTenant("acme"))).isEqualTo(403);
        }
    }

    @Test
    void shouldLetATenantsAdminMakeTokensOfTheTenantOnly() {
        try (PortcullisClient acme = as("admin", "acme")) {
            client.createToken(new TokenRequest("others", "viewer", "globex", null));

            TokenView made = acme.createToken(new TokenRequest("own", "viewer", null, null));

            assertThat(made.tenant()).isEqualTo("acme");
            assertThat(acme.tokens()).extracting(TokenView::name).containsExactly("admin-acme", "own");
            assertThat(status(() -> acme.createToken(new TokenRequest("x", "viewer", "globex", null))))
                    .isEqualTo(400);
            assertThat(status(() -> acme.deleteToken("others"))).isEqualTo(404);
            assertThat(tokens.byName).containsKey("others");
        }
    }

    @Test
    void shouldEndTheTokensOfADeletedTenant() {
        client.createToken(new TokenRequest("others", "viewer", "globex", null));

        client.deleteTenant("globex");

        assertThat(tokens.byName).isEmpty();
    }
}
