package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.portcullis.api.ApiException;
import io.portcullis.api.TenantSpec;
import io.portcullis.persistence.DatabaseHealth;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** The server itself: start, token, foreign requests. */
class AdminServerTest extends ApiTestCase {
    @Test
    void shouldAskForTheToken() throws Exception {
        HttpResponse<String> none = send("GET", "/v1/cluster", null, null);

        assertThat(none.statusCode()).isEqualTo(401);
        assertThat(none.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(none.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(send("GET", "/v1/cluster", token() + "x", null).statusCode()).isEqualTo(401);
        assertThat(send("GET", "/v1/cluster", "", null).statusCode()).isEqualTo(401);
        assertThat(send("GET", "/v1/cluster", token(), null).statusCode()).isEqualTo(200);
    }

    @Test
    void shouldServeLifeReadinessAndMetricsWithoutAToken() throws Exception {
        assertThat(send("GET", "/alive", null, null).statusCode()).isEqualTo(200);
        assertThat(client.isReady()).isTrue();
        services.ready = false;
        assertThat(send("GET", "/ready", null, null).statusCode()).isEqualTo(503);
        assertThat(client.isReady()).isFalse();
        assertThat(send("GET", "/metrics", null, null).body())
                .contains("portcullis_datapath_frames_total{counter=\"allowed.out\",host=\"host-1\"} 12.0")
                .contains("portcullis_migration_turns_total{counter=\"turns.waited\",host=\"host-1\"} 2.0")
                .contains("portcullis_vms_down 4.0")
                .contains("portcullis_migrations_total{outcome=\"COMMITTED\"} 5.0")
                .contains("portcullis_connections{host=\"host-1\"} 17.0");
    }

    @Test
    void shouldRefuseChangesAndSaySinceWhenWhileTheDatabaseIsAway() throws Exception {
        outage = new DatabaseHealth.Outage(
                Instant.parse("2026-11-30T10:00:00Z"), "Connection to db.example:5432 refused");

        ApiException refused = refused(() -> client.tag("acme", "web-1", List.of("app:web"), List.of()));

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.problem().code()).isEqualTo("store-unavailable");
        assertThat(refused.problem().detail())
                .contains("2026-11-30T10:00:00Z", "Connection to db.example:5432 refused", "nothing was changed");
        assertThat(client.tenants()).as("questions are answered").isNotEmpty();
        assertThat(send("GET", "/ready", null, null).body())
                .isEqualTo("ready; the database has not answered since 2026-11-30T10:00:00Z: enforcing goes on, changes"
                        + " are refused\n");
        assertThat(send("GET", "/metrics", null, null).body()).contains("portcullis_database_up 0.0");

        services.silent = true;
        assertThat(refused(() -> client.cluster()).problem().code()).isEqualTo("store-unavailable");

        services.silent = false;
        outage = null;
        client.putTenant("acme", new TenantSpec("DROP", null));
        assertThat(send("GET", "/ready", null, null).body()).isEqualTo("ready\n");
    }

    @Test
    void shouldAnswerForeignAddressesAndMethodsWithProblems() throws Exception {
        HttpResponse<String> method = send("PATCH", "/v1/cluster", token(), "{}");

        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(method.body()).contains("possible are GET");
        assertThat(send("GET", "/nowhere", token(), null).statusCode()).isEqualTo(404);
        assertThat(send("GET", "/", token(), null).statusCode()).isEqualTo(404);
        assertThat(send("GET", "/v1/tenants/acme/realization?revision=x", token(), null)
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("GET", "/v1/tenants/%2e%2e%2f/vms", token(), null).statusCode())
                .isEqualTo(404);
    }

    @Test
    void shouldAnswerASilentClusterAsUnavailable() {
        services.silent = true;

        ApiException refused = refused(() -> client.cluster());

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.problem().code()).isEqualTo("timeout");
    }

    @Test
    void shouldSayInOneLineThatThePortIsInUse() {
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> AdminServer.start(
                                KIT.system(),
                                config(server.address().getPort()),
                                services,
                                tokens,
                                Optional::empty,
                                AdminTls.NONE)
                        .toCompletableFuture()
                        .join())
                .havingCause()
                .isInstanceOf(AdminStartException.class)
                .withMessageContaining(
                        "cannot listen on 127.0.0.1:" + server.address().getPort())
                .withMessageContaining("portcullis.admin.port");
    }

    @Test
    void shouldMakeATokenThatOnlyItsOwnerReads() throws Exception {
        Path file = folder.resolve("token");

        assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
        String token = TokenFile.loadOrCreate(file);
        assertThat(token).hasSize(43);
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        assertThatExceptionOfType(java.io.IOException.class)
                .isThrownBy(() -> TokenFile.loadOrCreate(file))
                .withMessageContaining("chmod 600");
    }
}
