package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.portcullis.api.AnalysisView;
import io.portcullis.api.ApiException;
import io.portcullis.api.DiscoveredView;
import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.FindingView;
import io.portcullis.api.HitsView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.PreviewView;
import io.portcullis.api.ProtectionSpec;
import io.portcullis.api.QuotaSpec;
import io.portcullis.api.RollbackRequest;
import io.portcullis.api.StagedPolicies;
import io.portcullis.api.StagedView;
import io.portcullis.api.TenantRevisions;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.TokenRequest;
import io.portcullis.api.TokenView;
import io.portcullis.api.TraceView;
import io.portcullis.api.VmSpec;
import io.portcullis.api.VnicSpec;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.memory.MemoryFabric;
import io.portcullis.ports.memory.MemoryVm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator is told by one real node that admits a single vNIC. */
class ApiOnRealNodeTest {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final long MAX_UNANSWERED = 4;

    @TempDir
    static Path folder;

    private static MemoryFabric fabric;
    private static MemoryVm server;
    private static Map<String, String> settings;
    private static CompletableFuture<Integer> ended;
    private static PortcullisClient client;

    @BeforeAll
    static void startNode() throws Exception {
        fabric = MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        fabric.addVm("web-1");
        server = fabric.addVm("web-2");
        settings = settings();
        NodeConfig config = NodeConfig.load(null, settings);
        ended = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("node").start(() -> {
            try {
                ended.complete(PortcullisNode.run(config));
            } catch (NodeStartException | InterruptedException | RuntimeException e) {
                ended.completeExceptionally(e);
            }
        });
        Path token = folder.resolve("data/admin.token");
        await().atMost(START_LIMIT).until(() -> Files.exists(token) || ended.isDone());
        client = PortcullisClient.withTokenFile(
                URI.create("http://127.0.0.1:" + config.admin().port()), token);
        await().atMost(START_LIMIT).until(() -> client.isReady() || ended.isDone());
        client.putTenant("acme", new TenantSpec("DROP", "strict"));
        client.putTenant("globex", new TenantSpec("DROP", "strict"));
        client.apply("acme", segment("front", 20));
        declare("web-1", 1, "memory:web-1");
        declare("web-2", 2, "memory:web-2");
        declare("lost", 3, "memory:nobody");
        declare("foreign", 4, "tap:nowhere/eth0");
    }

    /** The last host leaves only when it is empty, and its process ends by itself. */
    @AfterAll
    static void leave() throws Exception {
        client.attach("acme", "web-1", "host-1");
        client.leave("host-1");
        await().atMost(START_LIMIT)
                .untilAsserted(
                        () -> assertThat(client.evacuation("host-1").failed()).containsKey("acme/web-1"));
        assertThat(ended).isNotDone();

        client.detach("acme", "web-1");
        client.leave("host-1");

        assertThat(ended.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS)).isZero();
        client.close();
        fabric.close();
    }

    @Test
    void shouldKeepAVlanForOneTenantUntilItGivesItUp() {
        client.apply("acme", segment("shared", 30));

        ApiException refused = refused(() -> client.apply("globex", segment("mine", 30)));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem().problems()).singleElement().satisfies(problem -> {
            assertThat(problem.path()).isEqualTo("spec.vlan");
            assertThat(problem.message()).isEqualTo("VLAN 30 belongs to another tenant");
        });
        client.delete("acme", "segments", "shared");
        await().atMost(START_LIMIT).untilAsserted(() -> client.apply("globex", segment("mine", 30)));
    }

    @Test
    void shouldHoldATenantToItsQuota() {
        client.putTenant("initech", new TenantSpec(null, null));
        client.quota("initech").put(new QuotaSpec(Map.of("groups", 1)), OptionalLong.empty());
        TokenView token = client.createToken(new TokenRequest("initech-ops", "admin", "initech", null));
        try (PortcullisClient initech = PortcullisClient.connect(client.base(), String.valueOf(token.secret()))) {
            initech.apply("initech", "{kind: Group, metadata: {name: web}, spec: {members: {tag: app:web}}}");

            ApiException refused = refused(() ->
                    initech.apply("initech", "{kind: Group, metadata: {name: db}, spec: {members: {tag: app:db}}}"));
            ApiException forbidden =
                    refused(() -> initech.quota("initech").put(new QuotaSpec(Map.of()), OptionalLong.empty()));

            assertThat(refused.problem().code()).isEqualTo("quota");
            assertThat(forbidden.status()).isEqualTo(403);
            assertThat(initech.quota("initech").get().used()).containsEntry("groups", 1);
        }
        client.deleteTenant("initech");
    }

    @Test
    void shouldRollBackOnlyWhatStillHasItsVlanAndAuditBoth() throws IOException {
        TenantRevisions revisions = client.revisions("globex");
        long had = client.apply("globex", segment("office", 444)).revision();
        client.delete("globex", "segments", "office");
        RollbackRequest request = new RollbackRequest(had, null);
        await().atMost(START_LIMIT).untilAsserted(() -> client.apply("acme", segment("taken", 444)));

        ApiException tried = refused(() -> revisions.dryRun(request, OptionalLong.empty()));
        ApiException refused = refused(() -> revisions.rollback(request, OptionalLong.empty()));

        assertThat(tried.problem()).isEqualTo(refused.problem());
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.problem().detail()).contains("Segment/office", "VLAN 444 belongs to another tenant");
        client.delete("acme", "segments", "taken");
        await().atMost(START_LIMIT)
                .untilAsserted(() -> assertThat(
                                revisions.dryRun(request, OptionalLong.empty()).changed())
                        .containsExactly("Segment/office"));
        long rolled = revisions.rollback(request, OptionalLong.empty()).revision();
        assertThat(revisions.export(rolled, null, null)).isEqualTo(revisions.export(had, null, null));
        assertThat(revisions.get(rolled))
                .satisfies(view -> assertThat(view.note()).isEqualTo("rollback to revision " + had))
                .satisfies(view -> assertThat(view.diff()).contains("+++ Segment/office", "+  vlan: 444"));
        assertThat(Files.readAllLines(folder.resolve("data/hosts/host-1/audit.log")))
                .anySatisfy(line -> assertThat(line).contains("/v1/tenants/globex/rollback\"", "\"status\":409"))
                .anySatisfy(line -> assertThat(line)
                        .contains("/v1/tenants/globex/rollback\"", "\"revision\":" + rolled, "Segment/office"));
    }

    @Test
    void shouldRefusePortsThatCannotBeOpenedAndLeaveTheVmDetached() {
        assertRefused(() -> client.attach("acme", "lost", "host-1"), 409, "port", "nobody");
        assertRefused(() -> client.attach("acme", "foreign", "host-1"), 409, "port", "memory");

        assertThat(client.vm("acme", "lost").placement().phase()).isEqualTo("DETACHED");
        assertThat(client.host("host-1").vms()).isEmpty();
    }

    @Test
    void shouldRefuseWhatThePlacementDoesNotAllow() {
        assertRefused(() -> client.migrate("acme/web-1", "host-1"), 409, "wrong-state", "attached to no host");
        assertRefused(() -> client.detach("acme", "web-1"), 409, "wrong-state", "nothing to detach");
        assertRefused(() -> client.attach("acme", "web-1", "host-7"), 404, "unknown", "no host 'host-7'");
        client.attach("acme", "web-1", "host-1");

        assertRefused(() -> client.attach("acme", "web-2", "host-1"), 409, "capacity", "max-vnics");
        assertRefused(() -> client.attach("acme", "web-1", "host-1"), 409, "wrong-state", "already attached");
        assertRefused(() -> client.migrate("acme/web-1", "host-1"), 409, "same-host", "already on host host-1");
        assertRefused(() -> client.migrate("acme/web-1", "host-7"), 404, "unknown", "no host 'host-7'");
        assertRefused(() -> client.migrate("acme/nobody", "host-1"), 404, "unknown", "acme/nobody");
        assertRefused(() -> client.deleteVm("acme", "web-1"), 409, "wrong-state", "attached");
        assertRefused(() -> client.cancel("no-such-id"), 404, "unknown", "no-such-id");

        client.detach("acme", "web-1");
        client.drain("host-1");
        assertRefused(() -> client.attach("acme", "web-1", "host-1"), 409, "draining", "drained");
        client.cancelDrain("host-1");
        assertThat(client.vm("acme", "web-1").placement().phase()).isEqualTo("DETACHED");
    }

    @Test
    void shouldGuardAVnicAsItsDocumentSays() {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:02");
        InetAddress everyone = InetAddress.ofLiteral("255.255.255.255");
        byte[] offer = FrameBuilder.frame(mac, MacAddress.BROADCAST)
                .ip(InetAddress.ofLiteral("10.0.0.2"), everyone)
                .udp(67, 68)
                .build();
        byte[] routed = FrameBuilder.frame(mac, MacAddress.BROADCAST)
                .ip(InetAddress.ofLiteral("192.0.2.1"), everyone)
                .udp(53, 53)
                .build();

        client.attach("acme", "web-2", "host-1");
        server.send(offer);
        server.send(routed);
        await().atMost(START_LIMIT)
                .untilAsserted(() ->
                        assertThat(dropped()).containsEntry("dhcp-server", 1L).containsEntry("spoof", 1L));
        client.detach("acme", "web-2");

        declare("web-2", 2, "memory:web-2", new ProtectionSpec("disabled", null, null, true, null, null));
        client.attach("acme", "web-2", "host-1");
        server.send(offer);
        server.send(routed);
        await().atMost(START_LIMIT).untilAsserted(() -> assertThat(dropped()).containsExactly(Map.entry("policy", 2L)));
        client.detach("acme", "web-2");
        declare("web-2", 2, "memory:web-2");
    }

    /** What is staged judges real frames, and decides about none until it is published. */
    @Test
    void shouldCountWhatAStagedPolicyWouldDoUntilItIsPublished() {
        client.putTenant("stagers", new TenantSpec("ALLOW", "strict"));
        client.apply("stagers", segment("lab", 42));
        client.putVm("stagers", "web-2", vm(2, "lab", "memory:web-2", null));
        client.attach("stagers", "web-2", "host-1");
        StagedPolicies staged = client.staged("stagers");
        int[] port = {1_024};
        await().atMost(START_LIMIT).untilAsserted(() -> {
            server.send(dnsQuery(port[0]));
            assertThat(client.connections("stagers", "web-2", "eth0", 1).connections())
                    .isNotEmpty();
        });

        staged.stage(
                "{kind: Policy, metadata: {name: no-dns}, spec: {category: APPLICATION, rules: "
                        + "[{name: udp, services: [dns], action: DROP}]}}",
                OptionalLong.empty());

        await().atMost(START_LIMIT).untilAsserted(() -> {
            StagedView view = staged.get();
            assertThat(view.vnics()).isEqualTo(1);
            assertThat(view.rules()).singleElement().satisfies(rule -> {
                assertThat(rule.rule()).isEqualTo("no-dns/udp");
                assertThat(rule.wouldCut()).as("live when it was staged").isPositive();
            });
        });
        await().atMost(START_LIMIT).untilAsserted(() -> {
            server.send(dnsQuery(++port[0]));
            StagedView view = staged.get();
            assertThat(view.rules().getFirst().wouldDeny()).isPositive();
            assertThat(view.examples())
                    .extracting(
                            StagedView.Example::difference, StagedView.Example::ruleNow, StagedView.Example::ruleThen)
                    .contains(org.assertj.core.groups.Tuple.tuple("WOULD_DENY", "default", "no-dns/udp"));
        });
        assertThat(client.vnic("stagers", "web-2", "eth0").status().counters().keySet())
                .noneMatch(counter -> counter.startsWith("dropped.out.policy") || counter.equals("connections.cut"));

        staged.publish(List.of(), OptionalLong.empty());

        await().atMost(START_LIMIT).untilAsserted(() -> {
            server.send(dnsQuery(++port[0]));
            assertThat(client.vnic("stagers", "web-2", "eth0").status().counters())
                    .hasEntrySatisfying(
                            "dropped.out.policy", count -> assertThat(count).isPositive());
            assertThat(staged.get().vnics()).isZero();
        });
        assertThat(staged.get().policies()).isEmpty();
        client.detach("stagers", "web-2");
    }

    /** From real frames to the hits of rules, and to the rules that nobody needs. */
    @Test
    void shouldCountWhatRulesDecideAndFindThoseThatNobodyNeeds() {
        client.putTenant("counters", new TenantSpec("DROP", "strict"));
        client.apply("counters", segment("lab", 43));
        client.putVm("counters", "web-2", vm(2, "lab", "memory:web-2", null));
        client.apply("counters", """
            {kind: Policy, metadata: {name: early}, spec: {category: INFRASTRUCTURE, rules: [{name: through, services: [any], action: PASS}]}}
            ---
            {kind: Policy, metadata: {name: out}, spec: {category: APPLICATION, rules: [
               {name: dns, services: [dns], action: ALLOW}, {name: ssh, services: [ssh], action: ALLOW}]}}
            """);
        client.attach("counters", "web-2", "host-1");
        String before = Instant.now().toString();
        int[] port = {1_024};
        await().atMost(START_LIMIT).untilAsserted(() -> {
            server.send(dnsQuery(++port[0]));
            HitsView view = client.hits("counters", null, 100);
            assertThat(view.complete()).isTrue();
            assertThat(view.countedSince()).isNull();
            assertThat(view.rules())
                    .extracting(HitsView.Rule::rule)
                    .containsExactly("through", "dns", "ssh", "default");
            assertThat(view.rules().getFirst().hits()).as("passed on").isPositive();
            assertThat(view.rules().get(1).hits()).isPositive();
            assertThat(view.rules().get(1).lastHit()).isNotNull();
            assertThat(view.rules().get(2))
                    .isEqualTo(new HitsView.Rule("out", "ssh", "APPLICATION", "ALLOW", true, 0, null));
        });
        assertThat(client.hits("counters", "out", 100).rules()).hasSize(2);

        AnalysisView analysis = client.analyze("counters", null, 100, before);
        assertThat(analysis.usage()).isNotNull();
        assertThat(analysis.usage().complete()).isTrue();
        client.detach("counters", "web-2");
        assertThat(analysis.findings())
                .filteredOn(finding -> finding.kind().equals("unused"))
                .extracting(FindingView::subject)
                .containsExactly("Rule/out/ssh");
        assertThat(client.hits("counters", "out", 1).rules().getFirst().hits())
                .as("goes on without its vNIC")
                .isPositive();
    }

    private static byte[] dnsQuery(int port) {
        return FrameBuilder.frame(MacAddress.parse("02:00:00:00:00:02"), MacAddress.parse("02:00:00:00:00:09"))
                .ip(InetAddress.ofLiteral("10.0.0.2"), InetAddress.ofLiteral("10.0.0.9"))
                .udp(port, 53)
                .build();
    }

    /** From the VM's frames to its groups, to the rules of a vNIC, and back. */
    @Test
    void shouldPutWhatAVmIsFoundToHaveIntoItsGroups() {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:02");
        InetAddress own = InetAddress.ofLiteral("10.0.0.50");
        InetAddress declaredElsewhere = InetAddress.ofLiteral("10.0.0.1");
        VnicSpec vnic = new VnicSpec(
                "eth0",
                mac.toString(),
                List.of(),
                "front",
                "memory:web-2",
                new ProtectionSpec("learned", null, List.of("arp"), null, null, null));
        client.putVm("acme", "web-2", new VmSpec("linux", List.of("app:found"), List.of(vnic)));
        client.apply("acme", """
            {kind: Group, metadata: {name: found}, spec: {members: {tag: "app:found"}}}
            ---
            {kind: Policy, metadata: {name: found}, spec: {category: APPLICATION, rules: [{name: in, destinations: [found], services: [any], action: ALLOW}]}}
            """);
        client.attach("acme", "web-2", "host-1");

        awaitFound(() -> {
            server.send(FrameBuilder.arpRequest(mac, own, own).build());
            server.send(FrameBuilder.arpRequest(mac, declaredElsewhere, own).build());
        });

        assertThat(found())
                .containsExactlyInAnyOrder(
                        new DiscoveredView("10.0.0.50", "arp", false, null),
                        new DiscoveredView("10.0.0.1", "arp", true, "acme/web-1/eth0"));
        assertThat(client.rules("acme", "web-2", "eth0").rules().getFirst().destinations())
                .containsExactly("10.0.0.50");
        assertThat(client.revisions("acme").history(null, 1).items().getFirst().by())
                .isEqualTo("discovery");

        assertThat(client.clearDiscovered("acme", "web-2").changed()).containsExactly("Vm/web-2");
        assertThat(client.rules("acme", "web-2", "eth0").rules())
                .as("nobody is in the group any more")
                .isEmpty();
        awaitFound(() -> server.send(FrameBuilder.arpRequest(mac, own, own).build()));
        client.detach("acme", "web-2");
        await().atMost(START_LIMIT).untilAsserted(() -> assertThat(found()).isEmpty());
        client.delete("acme", "policies", "found");
        client.delete("acme", "groups", "found");
        declare("web-2", 2, "memory:web-2");
    }

    private static void awaitFound(Runnable claims) {
        await().atMost(START_LIMIT).untilAsserted(() -> {
            claims.run();
            assertThat(found()).extracting(DiscoveredView::address).contains("10.0.0.50");
        });
    }

    private static List<DiscoveredView> found() {
        List<DiscoveredView> discovered = client.vnic("acme", "web-2", "eth0").discovered();
        assertThat(discovered).isNotNull();
        return discovered;
    }

    /** What happens at a limit is counted where the operator looks: at the vNIC, and in the node's metrics. */
    @Test
    void shouldShowWhatHappensAtALimit() throws Exception {
        client.putTenant("initech", new TenantSpec("ALLOW", "strict"));
        client.apply("initech", segment("lab", 40));
        client.putVm("initech", "web-2", vm(2, "lab", "memory:web-2", null));
        client.attach("initech", "web-2", "host-1");
        await().atMost(START_LIMIT).untilAsserted(() -> {
            // until the rules are there nothing passes, and nothing waits for an answer
            for (int port = 1; port <= 2 * MAX_UNANSWERED; port++) {
                server.send(
                        FrameBuilder.frame(MacAddress.parse("02:00:00:00:00:02"), MacAddress.parse("02:00:00:00:00:09"))
                                .ip(InetAddress.ofLiteral("10.0.0.2"), InetAddress.ofLiteral("10.0.0.9"))
                                .udp(port, 53)
                                .build());
            }
            var status = client.vnic("initech", "web-2", "eth0").status();
            assertThat(status).isNotNull();
            assertThat(status.counters())
                    .hasEntrySatisfying(
                            "unanswered.evicted", count -> assertThat(count).isGreaterThanOrEqualTo(MAX_UNANSWERED));
            assertThat(metrics()).contains("counter=\"unanswered.evicted\"");
        });
        client.detach("initech", "web-2");
        client.deleteVm("initech", "web-2");
    }

    /** Real rules, a real connection, asked as an operator asks. */
    @Test
    void shouldTraceAConnectionThroughTheFirewallThatHasIt() {
        client.putTenant("tracers", new TenantSpec("ALLOW", "strict"));
        client.apply("tracers", segment("lab", 50));
        client.putVm("tracers", "web-2", vm(2, "lab", "memory:web-2", null));
        client.attach("tracers", "web-2", "host-1");
        EvaluateRequest request = EvaluateRequest.ofPort("web-2", "10.0.0.9", "udp", 53);
        await().atMost(START_LIMIT).untilAsserted(() -> {
            server.send(FrameBuilder.frame(MacAddress.parse("02:00:00:00:00:02"), MacAddress.parse("02:00:00:00:00:09"))
                    .ip(InetAddress.ofLiteral("10.0.0.2"), InetAddress.ofLiteral("10.0.0.9"))
                    .udp(5_353, 53)
                    .build());
            TraceView view = client.trace("tracers", request);
            assertThat(view.verdict()).isEqualTo("ALLOW");
            assertThat(view.paths()).singleElement().satisfies(path -> {
                assertThat(path.differences()).isEmpty();
                assertThat(path.destination()).isNull();
                assertThat(path.source().firewalls()).singleElement().satisfies(firewall -> {
                    assertThat(firewall.phase()).isEqualTo("ENFORCING");
                    assertThat(firewall.rule()).isEqualTo("default");
                    assertThat(firewall.connections())
                            .singleElement()
                            .satisfies(connection ->
                                    assertThat(connection.originator()).isEqualTo("10.0.0.2:5353"));
                });
            });
        });
        client.detach("tracers", "web-2");
        assertThat(client.trace("tracers", request).paths().getFirst().source().why())
                .isEqualTo("the VM is attached to no host");
        client.deleteVm("tracers", "web-2");
    }

    /** What is said beforehand is what happens: on a real node, with a real change. */
    @Test
    void shouldPreviewWhichConnectionsAChangeEnds() {
        client.putTenant("seers", new TenantSpec("ALLOW", "strict"));
        client.apply("seers", segment("lab", 60));
        client.putVm("seers", "web-2", vm(2, "lab", "memory:web-2", null));
        client.attach("seers", "web-2", "host-1");
        String change = """
            kind: Policy
            metadata: {name: names}
            spec:
              category: APPLICATION
              rules:
                - {name: no-dns, sources: [any], destinations: [any], services: [dns], direction: OUT, action: DROP}
            """;
        await().atMost(START_LIMIT).untilAsserted(() -> {
            sendFromWeb2(5_353, 53);
            sendFromWeb2(5_353, 123);
            assertThat(client.preview("seers", change).connections()).isEqualTo(2);
        });

        PreviewView preview = client.preview("seers", change);

        assertThat(List.of(preview.cut(), preview.reset(), preview.kept(), preview.byOtherRule()))
                .containsExactly(1L, 0L, 0L, 0L);
        assertThat(preview.items().getFirst().examples()).singleElement().satisfies(example -> {
            assertThat(example.connection().responder()).isEqualTo("10.0.0.9:53");
            assertThat(example.rule()).isEqualTo("names/no-dns");
        });
        assertThat(connectionsOfWeb2()).as("nothing was cut").isEqualTo(2);
        client.apply("seers", change);
        await().atMost(START_LIMIT).untilAsserted(() -> {
            sendFromWeb2(5_353, 53);
            sendFromWeb2(5_353, 123);
            assertThat(connectionsOfWeb2()).isEqualTo(1);
        });
        assertThat(client.preview("seers", change).changed()).isEmpty();
        leaveToAStatelessRule();
        client.detach("seers", "web-2");
        client.deleteVm("seers", "web-2");
    }

    /** What is left goes on packet by packet. */
    private static void leaveToAStatelessRule() {
        String stateless = """
            kind: Policy
            metadata: {name: raw}
            spec:
              category: INFRASTRUCTURE
              stateful: false
              rules:
                - {name: ntp, sources: [any], destinations: [any], services: [ntp], direction: OUT, action: ALLOW}
            """;
        PreviewView preview = client.preview("seers", stateless);
        assertThat(List.of(preview.connections(), preview.released(), preview.oneWay(), preview.cut()))
                .containsExactly(1L, 1L, 0L, 0L);
        client.apply("seers", stateless);
        await().atMost(START_LIMIT).untilAsserted(() -> {
            sendFromWeb2(5_353, 123);
            assertThat(connectionsOfWeb2()).isZero();
        });
        TraceView trace = client.trace("seers", EvaluateRequest.ofPort("web-2", "10.0.0.9", "udp", 123));
        assertThat(trace.verdict()).isEqualTo("ALLOW");
        assertThat(trace.paths()).singleElement().satisfies(path -> {
            assertThat(path.differences()).isEmpty();
            assertThat(path.source().firewalls().getFirst().stateless()).isTrue();
        });
        assertThat(client.rules("seers", "web-2", "eth0").rules())
                .filteredOn(rule -> rule.name().equals("raw/ntp"))
                .singleElement()
                .satisfies(rule -> assertThat(rule.stateful()).isFalse());
    }

    private static int connectionsOfWeb2() {
        return client.connections("seers", "web-2", "eth0", 10).connections().size();
    }

    private static void sendFromWeb2(int from, int to) {
        server.send(FrameBuilder.frame(MacAddress.parse("02:00:00:00:00:02"), MacAddress.parse("02:00:00:00:00:09"))
                .ip(InetAddress.ofLiteral("10.0.0.2"), InetAddress.ofLiteral("10.0.0.9"))
                .udp(from, to)
                .build());
    }

    private static String metrics() throws IOException, InterruptedException {
        URI address = URI.create("http://127.0.0.1:" + settings.get("portcullis.admin.port") + "/metrics");
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /** By reason, of what web-2 has sent. */
    private static Map<String, Long> dropped() {
        String prefix = "dropped.out.";
        Map<String, Long> byReason = new LinkedHashMap<>();
        var status = client.vnic("acme", "web-2", "eth0").status();
        if (status != null) {
            status.counters().forEach((name, count) -> {
                if (name.startsWith(prefix) && count > 0) {
                    byReason.put(name.substring(prefix.length()), count);
                }
            });
        }
        return byReason;
    }

    @Test
    void shouldRefuseASecondNodeOnThesePortsBeforeItJoins() {
        NodeConfig second = NodeConfig.load(null, settings);

        assertThatExceptionOfType(NodeStartException.class)
                .isThrownBy(() -> PortcullisNode.run(second))
                .withMessageContaining("cannot listen on " + second.cluster())
                .withMessageContaining("--cluster-port");
        assertThat(client.cluster().members()).hasSize(1);
    }

    @Test
    void shouldRefuseANodeOfAnotherProtocolVersionAndSayWhatToRun() throws IOException {
        Map<String, String> others = settings();
        others.put("portcullis.host", "host-2");
        others.put("portcullis.data-path.uplink", others.get("portcullis.data-path.uplink") + "-of-host-2");
        // as processes of one machine do: an embedded database of its own would be open until this one ends, and write
        others.put("portcullis.data-dir", settings.get("portcullis.data-dir"));
        others.put("portcullis.cluster.seeds-list", "127.0.0.1:" + settings.get("portcullis.cluster.port"));
        others.put("portcullis.protocol-version", "9999");
        NodeConfig other = NodeConfig.load(null, others);

        assertThatExceptionOfType(NodeStartException.class)
                .isThrownBy(() -> PortcullisNode.run(other))
                .withMessageContaining("another version of the protocol")
                .withMessageContaining("9999")
                .withMessageContaining("the same release on all nodes");
        assertThat(client.cluster().members()).hasSize(1);
    }

    private static Map<String, String> settings() throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("portcullis.host", "host-1");
        settings.put("portcullis.data-dir", folder.resolve("data").toString());
        settings.put("portcullis.cluster.port", String.valueOf(FreePorts.next()));
        settings.put("portcullis.admin.port", String.valueOf(FreePorts.next()));
        settings.put("portcullis.data-path.tunnel.port", String.valueOf(FreePorts.next()));
        settings.put("portcullis.data-path.backend", "memory");
        settings.put(
                "portcullis.data-path.uplink",
                "memory:127.0.0.1:" + fabric.address().getPort() + "/host-1");
        settings.put("portcullis.limits.max-vnics", "1");
        settings.put("portcullis.limits.max-unanswered-per-vnic", Long.toString(MAX_UNANSWERED));
        return settings;
    }

    private static void declare(String vm, int number, String port) {
        declare(vm, number, port, null);
    }

    private static void declare(String vm, int number, String port, @Nullable ProtectionSpec protection) {
        client.putVm("acme", vm, vm(number, "front", port, protection));
    }

    private static VmSpec vm(int number, String segment, String port, @Nullable ProtectionSpec protection) {
        VnicSpec vnic = new VnicSpec(
                "eth0", "02:00:00:00:00:0" + number, List.of("10.0.0." + number), segment, port, protection);
        return new VmSpec("linux", List.of(), List.of(vnic));
    }

    private static String segment(String name, int vlan) {
        return "{kind: Segment, metadata: {name: " + name + "}, spec: {vlan: " + vlan + "}}";
    }

    private static void assertRefused(ThrowingCallable call, int status, String code, String words) {
        ApiException refused = refused(call);
        assertThat(refused.status()).as(refused.getMessage()).isEqualTo(status);
        assertThat(refused.problem().code()).as(refused.getMessage()).isEqualTo(code);
        assertThat(refused.problem().detail()).contains(words);
    }

    private static ApiException refused(ThrowingCallable call) {
        ApiException refused = catchThrowableOfType(ApiException.class, call);
        assertThat(refused).as("refused").isNotNull();
        return refused;
    }
}
