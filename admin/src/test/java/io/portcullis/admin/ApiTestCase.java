package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.portcullis.api.ApiException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.persistence.DatabaseHealth;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server on a cluster in memory, with the tenant acme, and a client. */
abstract class ApiTestCase {
    static final String TENANT = """
        kind: Segment
        metadata: {name: front}
        spec: {vlan: 101}
        ---
        kind: Vm
        metadata: {name: web-1}
        spec:
          os: debian-13
          tags: [app:web]
          vnics:
            - {name: eth0, mac: "02:00:00:00:00:01", addresses: [10.0.0.1, "fd00::1"], segment: front, port: memory:web-1}
        ---
        kind: Group
        metadata: {name: web}
        spec:
          members: {tag: app:web}
        ---
        kind: Service
        metadata: {name: app}
        spec:
          entries:
            - {protocol: tcp, ports: [8080, 9000-9010]}
            - {protocol: icmp, type: 8}
        ---
        kind: Policy
        metadata: {name: web}
        spec:
          category: APPLICATION
          rules:
            - {name: http, sources: [any], destinations: [web, 192.0.2.0/24], services: [http, app], direction: IN, action: ALLOW}
        """;

    /** Of all classes, some of which run at the same time; it ends with the process. */
    static final ActorTestKit KIT = ActorTestKit.create(
            "admin",
            ConfigFactory.parseString("pekko { loglevel = WARNING, fail-mixed-versions = off, actor.provider = local }")
                    .withFallback(ConfigFactory.load()));

    @TempDir
    Path folder;

    FakeServices services;
    FakeTokens tokens;
    volatile DatabaseHealth.@Nullable Outage outage;
    AdminServer server;
    PortcullisClient client;

    @BeforeEach
    void start() throws Exception {
        outage = null;
        services = new FakeServices();
        tokens = new FakeTokens();
        server = AdminServer.start(
                        KIT.system(), config(0), services, tokens, () -> Optional.ofNullable(outage), AdminTls.NONE)
                .toCompletableFuture()
                .join();
        client = PortcullisClient.withTokenFile(base(), folder.resolve("token"));
        client.putTenant("acme", new TenantSpec(null, null));
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop().toCompletableFuture().join();
    }

    AdminConfig config(int port) {
        return new AdminConfig(
                "127.0.0.1", port, folder.resolve("token"), folder.resolve("audit.log"), Duration.ofSeconds(5));
    }

    URI base() {
        return URI.create("http://127.0.0.1:" + server.address().getPort());
    }

    static ApiException refused(Runnable call) {
        ApiException refused = catchThrowableOfType(ApiException.class, call::run);
        assertThat(refused).as("nothing was refused").isNotNull();
        return refused;
    }

    String refusedPut(String path, String yaml) {
        try {
            HttpRequest request = HttpRequest.newBuilder(base().resolve("/v1/tenants/acme/" + path))
                    .header("Authorization", "Bearer " + token())
                    .header("Content-Type", "application/yaml")
                    .PUT(HttpRequest.BodyPublishers.ofString(yaml))
                    .build();
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(400);
            return response.body();
        } catch (java.io.IOException | InterruptedException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    HttpResponse<String> send(String method, String path, String token, String json) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(base().resolve(path))
                .method(
                        method,
                        json == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(json))
                .header("Content-Type", "application/json");
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    String token() throws java.io.IOException {
        return Files.readString(folder.resolve("token")).strip();
    }
}
