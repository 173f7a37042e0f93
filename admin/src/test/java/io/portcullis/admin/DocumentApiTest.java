package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ApiException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.EthernetSpec;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.GroupExpression;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.Json;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.PolicyStatus;
import io.portcullis.api.Resource;
import io.portcullis.api.RuleSpec;
import io.portcullis.api.RulesView;
import io.portcullis.api.ScheduleSpec;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.TenantSpec;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Documents of a tenant: applied, shown, refused. */
class DocumentApiTest extends ApiTestCase {
    private static final String FRAMES = """
        ---
        kind: Service
        metadata: {name: flags}
        spec:
          entries: [{protocol: tcp, ports: [443], flagsSet: [syn], flagsClear: [ack, ece]}]
        ---
        kind: Policy
        metadata: {name: frames}
        spec:
          category: ETHERNET
          rules:
            - name: discovery
              services: [any]
              ethernet: {etherTypes: [lldp, "0x1234"], sources: ["01:80:c2:00:00:00/44"], negateSources: true}
              action: DROP
            - {name: others, services: [flags], negateServices: true, action: ALLOW}
        """;

    private static final String TIMED = """
        ---
        kind: Policy
        metadata: {name: night}
        spec:
          category: APPLICATION
          schedule: {timeZone: Europe/Berlin, days: [fri, MONDAY], windows: ["22:00-06:00", "12:00-24:00"],
                     from: 2026-12-01, until: 2027-12-31}
          rules:
            - {name: hour, services: [any], action: ALLOW, expires: "2027-01-31T18:00[Europe/Berlin]"}
            - {name: day, services: [any], action: ALLOW, expires: "2027-01-31[Europe/Berlin]"}
            - {name: ever, services: [any], action: ALLOW}
        """;

    private static final String RAW = """
        ---
        kind: Policy
        metadata: {name: raw}
        spec:
          category: INFRASTRUCTURE
          stateful: false
          rules:
            - {name: ntp, services: [ntp], action: ALLOW}
        ---
        kind: Policy
        metadata: {name: strict}
        spec:
          category: APPLICATION
          tcpStrict: true
          rules:
            - {name: all, services: [any], action: ALLOW}
        """;

    private static final String FTP = """
        ---
        kind: Service
        metadata: {name: files}
        spec:
          entries: [{protocol: tcp, ports: [21]}]
          alg: ftp
        ---
        kind: Policy
        metadata: {name: files}
        spec:
          category: APPLICATION
          rules: [{name: upload, destinations: [web], services: [files], action: ALLOW}]
        """;

    @Test
    void shouldApplyATenantsDocumentsAndShowThemAgain() {
        ChangeView change = client.apply("acme", TENANT);

        assertThat(change.changed())
                .containsExactly("Segment/front", "Service/app", "Group/web", "Vm/web-1", "Policy/web");
        assertThat(client.apply("acme", TENANT).changed()).isEmpty();
        assertThat(client.tenant("acme").revision()).isEqualTo(change.revision());
        Resource<PolicySpec> policy = client.resource("acme", "policies", "web", PolicySpec.class);
        assertThat(policy.spec().rules().getFirst().destinations()).containsExactly("web", "192.0.2.0/24");
        assertThat(policy.metadata().revision()).isEqualTo(change.revision());
        assertThat(client.resources("acme", "segments", SegmentSpec.class)).hasSize(1);
    }

    @Test
    void shouldKeepSchedulesAndExpiriesAndSayWhatIsActive() {
        client.apply("acme", TENANT);
        client.apply("acme", TIMED);

        Resource<PolicySpec> policy = client.resource("acme", "policies", "night", PolicySpec.class);
        ScheduleSpec schedule = policy.spec().schedule();
        assertThat(schedule)
                .isEqualTo(new ScheduleSpec(
                        "Europe/Berlin",
                        List.of("MONDAY", "FRIDAY"),
                        List.of("22:00-06:00", "12:00-24:00"),
                        "2026-12-01",
                        "2027-12-31"));
        assertThat(policy.spec().rules())
                .extracting(RuleSpec::expires)
                .containsExactly("2027-01-31T17:00:00Z", "2027-01-30T23:00:00Z", null);
        // the time of this tenant, which has no clock, is that of the epoch
        assertThat(policy.status()).isEqualTo(new PolicyStatus(false, List.of(), "2026-12-04T11:00:00Z"));
        TenantModel model = services.models.get("acme");
        services.models.put("acme", model.at(Instant.parse("2027-01-31T12:00:00Z")));
        assertThat(client.resource("acme", "policies", "night", PolicySpec.class)
                        .status())
                .isEqualTo(new PolicyStatus(false, List.of("day"), "2027-01-31T17:00:00Z"));
        assertThat(client.apply("acme", Json.mapper().valueToTree(policy).toString())
                        .changed())
                .as("a document with its status is taken again")
                .isEmpty();
    }

    @Test
    void shouldTakeEveryDocumentAgainAsItWasGiven() {
        client.apply("acme", TENANT + TIMED);

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
    void shouldKeepRulesOnFramesTcpFlagsAndNegatedServicesAsTheyWereGiven() {
        client.apply("acme", TENANT + FRAMES);

        PolicySpec frames =
                client.resource("acme", "policies", "frames", PolicySpec.class).spec();
        EthernetSpec ethernet = frames.rules().getFirst().ethernet();
        assertThat(ethernet.etherTypes()).containsExactly("lldp", "0x1234");
        assertThat(ethernet.sources()).containsExactly("01:80:c2:00:00:00/44");
        assertThat(ethernet.negateSources()).isTrue();
        assertThat(frames.rules().get(1).negateServices()).isTrue();
        ServiceSpec flags =
                client.resource("acme", "services", "flags", ServiceSpec.class).spec();
        assertThat(flags.entries().getFirst().flagsSet()).containsExactly("syn");
        assertThat(flags.entries().getFirst().flagsClear()).containsExactly("ack", "ece");
        assertThat(client.put("acme", "policies", "frames", frames).changed()).isEmpty();
        assertThat(client.put("acme", "services", "flags", flags).changed()).isEmpty();
    }

    @Test
    void shouldSwitchTimeoutsOfATenantAndFtpsGatewayOfAService() {
        client.apply("acme", TENANT + FTP);
        assertThat(client.tenant("acme").timeouts()).isEqualTo("linux");

        client.putTenant("acme", new TenantSpec(null, "loose", "nsx"));

        assertThat(client.tenant("acme").timeouts()).isEqualTo("nsx");
        assertThat(client.tenant("acme").tracking()).isEqualTo("loose");
        ServiceSpec ftp =
                client.resource("acme", "services", "files", ServiceSpec.class).spec();
        assertThat(ftp.alg()).isEqualTo("ftp");
        assertThat(client.put("acme", "services", "files", ftp).changed()).isEmpty();
        RulesView rules = client.rules("acme", "web-1", "eth0");
        assertThat(rules.tracking()).isEqualTo("loose");
        assertThat(rules.timeouts()).isEqualTo("nsx");
        assertThat(rules.algs()).containsExactly("ftp");
    }

    @Test
    void shouldTakeStatelessPoliciesAndStrictTcpAndShowThemAgain() {
        client.apply("acme", TENANT + RAW);

        PolicySpec raw =
                client.resource("acme", "policies", "raw", PolicySpec.class).spec();
        PolicySpec strict =
                client.resource("acme", "policies", "strict", PolicySpec.class).spec();
        PolicySpec web =
                client.resource("acme", "policies", "web", PolicySpec.class).spec();
        assertThat(List.of(raw, strict, web)).extracting(PolicySpec::stateful).containsExactly(false, null, null);
        assertThat(List.of(raw, strict, web)).extracting(PolicySpec::tcpStrict).containsExactly(null, true, null);
        assertThat(client.put("acme", "policies", "raw", raw).changed()).isEmpty();
        assertThat(client.put("acme", "policies", "strict", strict).changed()).isEmpty();
        assertThat(client.apply("acme", RAW.replace("stateful: false", "stateful: true"))
                        .changed())
                .containsExactly("Policy/raw");
        client.apply("acme", RAW);
        assertThat(client.rules("acme", "web-1", "eth0").rules())
                .extracting(rule -> rule.name() + " " + rule.stateful() + " " + rule.tcpStrict())
                .contains("raw/ntp false null", "strict/all true true");
    }

    @Test
    void shouldNameThePlaceOfStateThatCannotBe() {
        String frames = RAW.replace("INFRASTRUCTURE", "ETHERNET");
        String both = RAW.replace("tcpStrict: true", "tcpStrict: true, stateful: false".replace(", ", "\n  "));
        String gateway = FTP + RAW.replace("[ntp]", "[files]");
        long revision = client.apply("acme", TENANT).revision();

        assertThat(refused(() -> client.apply("acme", frames)).problem().problems())
                .extracting(FieldProblem::path)
                .containsExactly("documents[0].spec.stateful");
        assertThat(refused(() -> client.apply("acme", both)).problem().problems())
                .extracting(FieldProblem::path)
                .containsExactly("documents[1].spec.tcpStrict");
        assertThat(refused(() -> client.apply("acme", gateway)).problem().problems())
                .extracting(FieldProblem::path)
                .contains("documents[2].spec.rules[0].services[0]");
        assertThat(refused(() -> client.apply("acme", RAW.replace("stateful: false", "stateful: maybe")))
                        .status())
                .isEqualTo(400);
        assertThat(client.tenant("acme").revision()).isEqualTo(revision);
    }

    @Test
    void shouldNameThePlaceOfMistakesInTimeoutsAndGateways() {
        assertThat(refused(() -> client.putTenant("acme", new TenantSpec(null, null, "bsd")))
                        .problem()
                        .problems())
                .extracting(FieldProblem::path)
                .containsExactly("timeouts");
        for (String wrong : List.of(FTP.replace("alg: ftp", "alg: sip"), FTP.replace("[21]", "[2121]"))) {
            assertThat(refused(() -> client.apply("acme", TENANT + wrong))
                            .problem()
                            .problems())
                    .extracting(FieldProblem::path)
                    .containsExactly("documents[5].spec.alg");
        }
    }

    @Test
    void shouldNameThePlaceOfEveryMistakeInRulesOnFramesAndFlags() {
        String broken = TENANT
                + FRAMES.replace("lldp,", "lldb, 0x12,")
                        .replace("00:00:00/44", "00:00:01/44")
                        .replace("[syn]", "[syn, syn2]")
                        .replace("[ack, ece]", "[ack, syn]");

        assertThat(refused(() -> client.apply("acme", broken)).problem().problems())
                .extracting(FieldProblem::path)
                .containsExactlyInAnyOrder(
                        "documents[5].spec.entries[0].flagsSet[1]",
                        "documents[5].spec.entries[0].flagsClear",
                        "documents[6].spec.rules[0].ethernet.etherTypes[0]",
                        "documents[6].spec.rules[0].ethernet.sources[0]");
        String elsewhere = TENANT + FRAMES.replace("ETHERNET", "APPLICATION").replace("lldp,", "0x12,");
        assertThat(refused(() -> client.apply("acme", elsewhere)).problem().problems())
                .extracting(FieldProblem::path)
                .containsExactlyInAnyOrder(
                        "documents[6].spec.rules[0].ethernet", "documents[6].spec.rules[0].ethernet.etherTypes[0]");
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
    void shouldRefuseMalformedAndHugeBodies() throws Exception {
        HttpResponse<String> malformed = send("PUT", "/v1/tenants/acme/segments/a", token(), "{\"vlan\": 1,,}");

        assertThat(malformed.statusCode()).isEqualTo(400);
        assertThat(malformed.body()).contains("\"line\" : 1");
        // more than Pekko would read by itself, but no document
        assertThat(send("PUT", "/v1/tenants/acme/segments/a", token(), " ".repeat(9_000_000))
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("PUT", "/v1/tenants/acme/segments/a", token(), " ".repeat(LargeBodies.MAX_BODY_BYTES + 1))
                        .statusCode())
                .isEqualTo(413);
        assertThat(client.resources("acme", "segments", SegmentSpec.class)).isEmpty();
    }

    @Test
    void shouldShowADuplicateAddressInTheDocumentThatBringsIt() throws Exception {
        client.apply("acme", TENANT);
        // Before web-1 by name: which of the two is checked first must not matter.
        String twin = """
            kind: Vm
            metadata: {name: a-twin}
            spec:
              os: linux
              tags: []
              vnics:
                - {name: eth0, mac: "02:00:00:00:00:01", addresses: [10.0.0.7], segment: front, port: memory:twin}
            """;

        ApiException refused = refused(() -> client.apply("acme", twin));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem().problems()).singleElement().satisfies(problem -> {
            assertThat(problem.path()).isEqualTo("spec.vnics[0].mac");
            assertThat(problem.message()).contains("already used by acme/web-1/eth0");
            assertThat(problem.line()).isEqualTo(7);
        });
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
}
