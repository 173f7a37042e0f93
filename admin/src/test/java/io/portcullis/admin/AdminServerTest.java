package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.portcullis.api.ApiException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.ConnectionsView;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.FindingsRequest;
import io.portcullis.api.GroupExpression;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.Resource;
import io.portcullis.api.RulesView;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmView;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminServerTest {
    private static final String TENANT = """
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

    private static ActorTestKit kit;

    @TempDir
    Path folder;

    private FakeServices services;
    private AdminServer server;
    private PortcullisClient client;

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create(
                "admin",
                ConfigFactory.parseString(
                                "pekko { loglevel = WARNING, fail-mixed-versions = off, actor.provider = local }")
                        .withFallback(ConfigFactory.load()));
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void start() throws Exception {
        services = new FakeServices();
        server = AdminServer.start(kit.system(), config(0), services)
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

    private AdminConfig config(int port) {
        return new AdminConfig("127.0.0.1", port, folder.resolve("token"), Duration.ofSeconds(5));
    }

    private URI base() {
        return URI.create("http://127.0.0.1:" + server.address().getPort());
    }

    @Test
    void shouldApplyATenantsDocumentsAndShowThemAgain() {
        ChangeView change = client.apply("acme", TENANT);

        assertThat(change.changed())
                .containsExactly("Group/web", "Policy/web", "Segment/front", "Service/app", "Vm/web-1");
        assertThat(client.apply("acme", TENANT).changed()).isEmpty();
        assertThat(client.tenant("acme").revision()).isEqualTo(change.revision());
        Resource<PolicySpec> policy = client.resource("acme", "policies", "web", PolicySpec.class);
        assertThat(policy.spec().rules().getFirst().destinations()).containsExactly("web", "192.0.2.0/24");
        assertThat(policy.metadata().revision()).isEqualTo(change.revision());
        assertThat(client.resources("acme", "segments", SegmentSpec.class)).hasSize(1);
    }

    @Test
    void shouldTakeEveryDocumentAgainAsItWasGiven() {
        client.apply("acme", TENANT);

        for (String collection : List.of("segments", "groups", "services", "policies")) {
            Class<?> type = Map.<String, Class<?>>of(
                            "segments", SegmentSpec.class,
                            "groups", GroupSpec.class,
                            "services", ServiceSpec.class,
                            "policies", PolicySpec.class)
                    .get(collection);
            for (Resource<?> resource : client.resources("acme", collection, type)) {
                ChangeView change =
                        client.put("acme", collection, resource.metadata().name(), resource.spec());
                assertThat(change.changed()).as(collection).isEmpty();
            }
        }
    }

    @Test
    void shouldNameUnknownGroupsAndServicesAtTheirPlaceAndChangeNothing() {
        String broken =
                TENANT.replace("[web, 192.0.2.0/24]", "[192.0.2.0/24, wbe]").replace("[http, app]", "[htp]");

        ApiException refused = refused(() -> client.apply("acme", broken));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem().code()).isEqualTo("invalid-document");
        assertThat(refused.problem().problems())
                .extracting(FieldProblem::path)
                .containsExactlyInAnyOrder(
                        "documents[4].spec.rules[0].destinations[1]", "documents[4].spec.rules[0].services[0]");
        assertThat(refused.problem().problems()).allSatisfy(problem -> {
            assertThat(problem.line()).isEqualTo(30);
            assertThat(problem.hint()).isNotBlank();
        });
        assertThat(client.vms("acme")).isEmpty();
    }

    @Test
    void shouldReportEveryValueThatTheModelCannotHold() {
        String broken = TENANT.replace("02:00:00:00:00:01", "02:00:00")
                .replace("10.0.0.1, \"fd00::1\"", "10.0.0.0/8")
                .replace("app:web]\n  vnics", "app]\n  vnics")
                .replace("action: ALLOW", "action: ALOW")
                .replace("9000-9010", "9010-9000")
                .replace("icmp, type: 8", "icmp, ports: [8]");

        assertThat(refused(() -> client.apply("acme", broken)).problem().problems())
                .extracting(FieldProblem::path)
                .containsExactlyInAnyOrder(
                        "documents[1].spec.tags[0]",
                        "documents[1].spec.vnics[0].mac",
                        "documents[1].spec.vnics[0].addresses[0]",
                        "documents[3].spec.entries[0].ports[1]",
                        "documents[3].spec.entries[1].ports",
                        "documents[4].spec.rules[0].action");
    }

    @Test
    void shouldRefuseARuleWithoutServicesAndAGroupThatSaysNothing() {
        client.apply("acme", TENANT);

        assertThat(refusedPut("policies/web", "{category: APPLICATION, rules: [{name: a, action: DROP}]}"))
                .contains("\"path\" : \"rules[0].services\"")
                .contains("\"status\" : 400");
        assertThat(refusedPut(
                        "policies/web", "{category: APPLICATION, rules: [{name: a, services: [], action: DROP}]}"))
                .contains("\"path\" : \"rules[0].services\"")
                .contains("the rule has no service");
        assertThat(refusedPut("groups/g", "{members: {all: [{tag: a:b, group: web}, {}]}}"))
                .contains("members.all[0]")
                .contains("members.all[1]");
        assertThat(refusedPut("groups/g", "{members: {all: [{tag: a:b}, {group: wob}]}}"))
                .contains("\"path\" : \"members.all[1]\"");
    }

    @Test
    void shouldSayWhatStillUsesAGroup() {
        client.apply("acme", TENANT);

        ApiException refused = refused(() -> client.delete("acme", "groups", "web"));

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.problem().code()).isEqualTo("in-use");
        assertThat(refused.problem().problems().getFirst().path()).startsWith("Policy/web.rules[0]");
        assertThat(refused.problem().problems().getFirst().message()).isEqualTo("still names it");
    }

    @Test
    void shouldAnswerUnknownThingsWithWhatThereIs() {
        client.apply("acme", TENANT);

        ApiException unknown = refused(() -> client.vm("acme", "wbe-1"));

        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.problem().hint()).isEqualTo("did you mean web-1?");
        assertThat(refused(() -> client.tenant("zenith")).problem().hint()).isEqualTo("there are acme");
        assertThat(refused(() -> client.vnic("acme", "web-1", "eth9")).status()).isEqualTo(404);
        assertThat(refused(() -> client.host("host-9")).problem().hint()).contains("host-");
        assertThat(refused(() -> client.delete("acme", "policies", "db")).status())
                .isEqualTo(404);
        assertThat(refused(() -> client.tenant("NO NAME")).status()).isEqualTo(404);
        assertThat(refused(() -> client.migration("m-99")).status()).isEqualTo(404);
    }

    @Test
    void shouldRefuseAStaleRevision() {
        long revision = client.apply("acme", TENANT).revision();
        client.tag("acme", "web-1", List.of("stage:prod"), List.of());

        ApiException stale = refused(() -> client.apply("acme", TENANT, OptionalLong.of(revision)));

        assertThat(stale.status()).isEqualTo(412);
        assertThat(stale.problem().detail()).contains("revision " + (revision + 1));
        assertThat(client.apply("acme", TENANT, OptionalLong.of(revision + 1)).changed())
                .containsExactly("Vm/web-1");
    }

    @Test
    void shouldBeginAgainWhenSomebodyElseWasFaster() {
        client.apply("acme", TENANT);
        services.beforeNextEdit = () -> services.models.computeIfPresent(
                "acme",
                (name, model) -> ((io.portcullis.policy.model.EditResult.Accepted)
                                model.putSegment(new Segment("back", 102)))
                        .model());

        client.tag("acme", "web-1", List.of("stage:prod"), List.of());

        assertThat(client.vm("acme", "web-1").tags()).containsExactly("app:web", "stage:prod");
        assertThat(client.resources("acme", "segments", SegmentSpec.class)).hasSize(2);
    }

    @Test
    void shouldChangeLabelsAndShowGroups() {
        client.apply("acme", TENANT);

        client.findings("acme", "web-1", new FindingsRequest(Map.of("malware", "eicar"), null));
        client.tag("acme", "web-1", List.of("quarantine:yes"), List.of("app:web", "not:there"));

        VmView vm = client.vm("acme", "web-1");
        assertThat(vm.tags()).containsExactly("quarantine:yes");
        assertThat(vm.findings()).containsExactly("malware=eicar");
        assertThat(vm.groups()).isEmpty();
        client.apply("acme", TENANT);
        assertThat(client.vm("acme", "web-1").findings()).containsExactly("malware=eicar");
        assertThat(client.vm("acme", "web-1").groups()).containsExactly("web");
        assertThat(refused(() -> client.tag("acme", "web-1", List.of("nothing"), List.of()))
                        .problem()
                        .problems()
                        .getFirst()
                        .path())
                .isEqualTo("add[0]");
    }

    @Test
    void shouldAttachShowAndDetachAVm() {
        client.apply("acme", TENANT);

        VmView vm = client.attach("acme", "web-1", "host-1");

        assertThat(vm.placement().host()).isEqualTo("host-1");
        assertThat(vm.vnics().getFirst().status().mode()).isEqualTo("ENFORCING");
        assertThat(services.specs.values().iterator().next().vnics().getFirst().vlan())
                .isEqualTo(101);
        RulesView rules = client.rules("acme", "web-1", "eth0");
        assertThat(rules.rules().getFirst().destinations()).contains("10.0.0.1", "fd00::1", "192.0.2.0/24");
        assertThat(rules.rules().getFirst().services())
                .containsExactly("tcp/80", "tcp/8080", "tcp/9000-9010", "icmp/8");
        ConnectionsView connections = client.connections("acme", "web-1", "eth0", 3);
        assertThat(connections.truncated()).isTrue();
        assertThat(connections.connections()).hasSize(3);
        assertThat(connections.connections().getFirst().rule()).isEqualTo("default");
        assertThat(connections.connections().getFirst().responder()).isEqualTo("[fd00::1]:443");
        assertThat(client.realization("acme").realized()).isTrue();
        assertThat(client.realization("acme", 1_000).realized()).isFalse();

        assertThat(client.detach("acme", "web-1").placement().phase()).isEqualTo("DETACHED");
        client.deleteVm("acme", "web-1");
        assertThat(client.vms("acme")).isEmpty();
    }

    @Test
    void shouldNotChangeTheVnicsOfAnAttachedVm() {
        client.apply("acme", TENANT);
        client.attach("acme", "web-1", "host-1");

        assertThat(refused(() -> client.deleteVm("acme", "web-1")).status()).isEqualTo(409);
        assertThat(refused(() -> client.apply("acme", TENANT.replace("00:01", "00:02")))
                        .problem()
                        .hint())
                .isEqualTo("detach it first");
        assertThat(refused(() -> client.apply("acme", TENANT.replace("vlan: 101", "vlan: 7")))
                        .status())
                .isEqualTo(409);
        assertThat(client.apply("acme", TENANT.replace("[app:web]", "[app:web, a:b]"))
                        .changed())
                .containsExactly("Vm/web-1");
    }

    @Test
    void shouldBeginMigrationsAndRefuseThoseThatCannotBe() throws Exception {
        client.apply("acme", TENANT);
        client.attach("acme", "web-1", "host-1");

        HttpResponse<String> accepted =
                send("POST", "/v1/migrations", token(), "{\"vm\": \"acme/web-1\", \"to\": \"host-2\"}");

        assertThat(accepted.statusCode()).isEqualTo(202);
        assertThat(accepted.headers().firstValue("Location")).hasValue("/v1/migrations/m-1");
        MigrationView migration = client.migration("m-1");
        assertThat(migration.isOver()).isFalse();
        assertThat(client.migrations("acme/web-1", 10)).containsExactly(migration);
        assertThat(client.migrations("acme/other", 10)).isEmpty();
        assertThat(refused(() -> client.migrate("acme/web-1", "host-1"))
                        .problem()
                        .code())
                .isEqualTo("same-host");
        assertThat(refused(() -> client.migrate("acme/web-9", "host-1")).status())
                .isEqualTo(404);
        assertThat(refused(() -> client.migrate("acme/web-1", "host-9")).status())
                .isEqualTo(404);
        assertThat(refused(() -> client.migrate("web-1", "HOST")).problem().problems())
                .extracting(FieldProblem::path)
                .containsExactly("vm", "to");
        assertThat(refused(() -> client.cancel("m-1")).problem().code()).isEqualTo("too-late");
    }

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
                .contains("portcullis_migrations_total{outcome=\"COMMITTED\"} 5.0")
                .contains("portcullis_connections{host=\"host-1\"} 17.0");
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
    void shouldRefuseMalformedAndHugeBodies() throws Exception {
        HttpResponse<String> malformed = send("PUT", "/v1/tenants/acme/segments/a", token(), "{\"vlan\": 1,,}");

        assertThat(malformed.statusCode()).isEqualTo(400);
        assertThat(malformed.body()).contains("\"line\" : 1");
        assertThat(send("PUT", "/v1/tenants/acme/segments/a", token(), " ".repeat(5_000_000))
                        .statusCode())
                .isEqualTo(413);
        assertThat(client.resources("acme", "segments", SegmentSpec.class)).isEmpty();
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
                                kit.system(), config(server.address().getPort()), services)
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

    @Test
    void shouldTakeTheExampleTenant() throws Exception {
        String example = Files.readString(Path.of("../demo/src/main/resources/example-tenant.yaml"));

        assertThat(client.apply("acme", example).changed()).contains("Policy/quarantine", "Vm/web-1");

        assertThat(client.vm("acme", "web-1").groups()).containsExactly("web");
        client.tag("acme", "web-1", List.of("quarantine:yes"), List.of());
        assertThat(client.rules("acme", "web-1", "eth0").rules().getFirst().name())
                .isEqualTo("quarantine/isolate-from");
    }

    @Test
    void shouldReadBackEveryKindOfExpression() {
        client.apply("acme", TENANT);
        String members = """
            {members: {any: [
              {name: {starts: web-}}, {os: {contains: debian}}, {segment: front}, {finding: malware=eicar},
              {addresses: [10.0.0.0/8, "fd00::/8", 192.0.2.1-192.0.2.9]}, {vms: [web-1]}, {group: web},
              {all: [{tag: a:b}, {not: {finding: malware}}]}]}}
            """;

        client.apply("acme", "{kind: Group, metadata: {name: everything}, spec: " + members + "}");

        GroupExpression read = client.resource("acme", "groups", "everything", GroupSpec.class)
                .spec()
                .members();
        assertThat(read.any()).hasSize(8);
        assertThat(read.any().get(4).addresses()).containsExactly("10.0.0.0/8", "fd00::/8", "192.0.2.1-192.0.2.9");
        assertThat(client.put("acme", "groups", "everything", new GroupSpec(read))
                        .changed())
                .isEmpty();
        assertThat(services.models.get("acme")).isNotEqualTo(TenantModel.empty(new TenantId("acme")));
    }

    private static ApiException refused(Runnable call) {
        ApiException refused = catchThrowableOfType(ApiException.class, call::run);
        assertThat(refused).as("nothing was refused").isNotNull();
        return refused;
    }

    private String refusedPut(String path, String yaml) {
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

    private HttpResponse<String> send(String method, String path, String token, String json) throws Exception {
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

    private String token() throws java.io.IOException {
        return Files.readString(folder.resolve("token")).strip();
    }
}
