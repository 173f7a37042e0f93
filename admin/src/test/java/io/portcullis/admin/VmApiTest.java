package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.api.ApiException;
import io.portcullis.api.AttachRequest;
import io.portcullis.api.ChangeView;
import io.portcullis.api.ConnectionsView;
import io.portcullis.api.CopyRoundView;
import io.portcullis.api.DiscoveredView;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.FindingsRequest;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PhaseView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PreflightView;
import io.portcullis.api.ProtectionSpec;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.RulesView;
import io.portcullis.api.VmView;
import io.portcullis.api.VnicReceipt;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TestTenant;
import java.net.InetAddress;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** VMs, what is unknown of them, and migrations. */
class VmApiTest extends ApiTestCase {
    private static final String GATEWAY = """
        kind: Vm
        metadata: {name: gateway}
        spec:
          vnics:
            - {name: eth0, mac: "02:00:00:00:00:fe", addresses: [10.0.0.254], segment: front, port: memory:gateway, protection: %s}
        """;

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
    void shouldExcludeVmsAndIsolateThemAllTheSame() {
        client.apply("acme", TENANT);

        ChangeView change = client.apply("acme", """
            kind: Exclusion
            metadata: {name: operators}
            spec: {vms: [web-1], description: our own way in}
            """);

        assertThat(change.changed()).containsExactly("Exclusion/operators");
        assertThat(client.vm("acme", "web-1").vnics()).allSatisfy(vnic -> {
            assertThat(vnic.excluded()).isTrue();
            assertThat(vnic.exclusions()).containsExactly("operators");
        });
        RulesView rules = client.rules("acme", "web-1", "eth0");
        assertThat(rules.excluded()).isTrue();
        assertThat(rules.defaultAction()).isEqualTo("ALLOW");
        assertThat(rules.rules()).isEmpty();

        client.quarantine("acme", "web-1");
        assertThat(client.vnic("acme", "web-1", "eth0")).satisfies(vnic -> {
            assertThat(vnic.excluded()).isFalse();
            assertThat(vnic.exclusions()).containsExactly("operators");
        });
        assertThat(client.rules("acme", "web-1", "eth0").excluded()).isFalse();

        client.endQuarantine("acme", "web-1");
        client.delete("acme", "exclusions", "operators");
        assertThat(client.vnic("acme", "web-1", "eth0").exclusions()).isEmpty();
    }

    @Test
    void shouldSayWhereAnExclusionNamesNobody() {
        client.apply("acme", TENANT);
        long revision = client.tenant("acme").revision();

        assertThat(refused(() -> client.apply("acme", """
            kind: Exclusion
            metadata: {name: operators}
            spec: {groups: [web, wbe]}
            """)).problem().problems())
                .extracting(FieldProblem::path)
                .containsExactly("spec.groups[1]");
        assertThat(client.tenant("acme").revision()).isEqualTo(revision);
    }

    @Test
    void shouldQuarantineByOneCall() {
        client.apply("acme", TENANT);

        ChangeView change = client.quarantine("acme", "web-1");

        assertThat(change.changed()).containsExactlyInAnyOrder("Group/quarantined", "Policy/quarantine", "Vm/web-1");
        assertThat(client.vm("acme", "web-1").groups()).contains("quarantined");
        assertThat(client.quarantine("acme", "web-1").changed()).isEmpty();
        assertThat(client.endQuarantine("acme", "web-1").changed()).containsExactly("Vm/web-1");
        assertThat(client.vm("acme", "web-1").groups()).containsExactly("web");
        client.apply("acme", """
            kind: Policy
            metadata: {name: quarantine}
            spec: {category: APPLICATION, rules: [{name: a, services: [any], action: DROP}]}
            """);
        ApiException refused = refused(() -> client.quarantine("acme", "web-1"));
        assertThat(refused.problem().code()).isEqualTo("wrong-state");
        assertThat(client.vm("acme", "web-1").tags()).containsExactly("app:web");
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
    void shouldShowAVmAlsoWhereNobodyCanSayOnWhichHostItIs() {
        client.apply("acme", TENANT);
        services.placements.put(VmId.parse("acme/web-1"), PlacementView.unknown());

        assertThat(client.vm("acme", "web-1").placement().phase()).isEqualTo("UNKNOWN");
        ApiException refused =
                catchThrowableOfType(ApiException.class, () -> client.connections("acme", "web-1", "eth0", 3));
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.problem().detail()).contains("where acme/web-1 is cannot be said now");
    }

    @Test
    void shouldAttachWithAReplicaWhereTheOrderOrElseTheDefaultSaysSo() {
        client.apply("acme", TENANT);
        assertThat(isReplicated(null)).isFalse();
        assertThat(isReplicated(true)).isTrue();

        client.apply("acme", TENANT.replace("[app:web]", "[app:web, replica:wanted]"));
        assertThat(isReplicated(null)).as("the default of this cluster").isTrue();
        assertThat(isReplicated(false)).isFalse();
    }

    private boolean isReplicated(@Nullable Boolean asked) {
        client.attach("acme", "web-1", new AttachRequest("host-1", asked));
        boolean replicated = services.specs.values().iterator().next().replica();
        client.detach("acme", "web-1");
        return replicated;
    }

    @Test
    void shouldCarryWhatAVnicMayDoToItsHost() {
        client.apply("acme", TENANT);
        assertThat(client.vnic("acme", "web-1", "eth0").protection())
                .isEqualTo(new ProtectionSpec("pinned", null, null, false, false, false));

        putProtected("{spoofGuard: disabled, router: true, dhcpServer: true}");
        assertThat(client.vnic("acme", "gateway", "eth0").protection())
                .isEqualTo(new ProtectionSpec("disabled", null, null, true, true, false));
        client.attach("acme", "gateway", "host-1");
        assertThat(services.specs.values().iterator().next().vnics().getFirst().protection())
                .isEqualTo(new VnicProtection(true, true, false, true, 0));
        ApiException attached = refused(() -> putProtected("{}"));
        assertThat(attached.status()).isEqualTo(409);
        client.detach("acme", "gateway");

        putProtected("{spoofGuard: learned}");
        assertThat(client.vnic("acme", "gateway", "eth0").protection().learnedAddresses())
                .isEqualTo(VnicProtection.DEFAULT_LEARNED_ADDRESSES);
    }

    @Test
    void shouldShowDiscoveredAddressesKeepThemThroughDocumentsAndClearThem() {
        client.apply("acme", TENANT);
        putProtected("{spoofGuard: learned, discovery: [dhcp, arp]}");
        assertThat(client.vnic("acme", "gateway", "eth0").protection().discovery())
                .containsExactly("arp", "dhcp");
        assertThat(client.vnic("acme", "web-1", "eth0").discovered()).isNull();
        services.models.computeIfPresent(
                "acme",
                (_, model) -> TestTenant.accepted(model.apply(new ModelEdit.SetDiscovered(
                        "gateway",
                        "eth0",
                        List.of(
                                new DiscoveredAddress(InetAddress.ofLiteral("10.0.0.77"), AddressSource.DHCP),
                                new DiscoveredAddress(InetAddress.ofLiteral("10.0.0.1"), AddressSource.ARP))))));

        client.attach("acme", "gateway", "host-1");
        client.apply("acme", client.revisions("acme").export(null, "Vm", null));

        assertThat(client.vnic("acme", "gateway", "eth0").discovered())
                .containsExactly(
                        new DiscoveredView("10.0.0.77", "dhcp", false, null),
                        new DiscoveredView("10.0.0.1", "arp", true, "acme/web-1/eth0"));
        assertThat(client.clearDiscovered("acme", "gateway").changed()).containsExactly("Vm/gateway");
        assertThat(client.vnic("acme", "gateway", "eth0").discovered()).isEmpty();
        assertThat(client.clearDiscovered("acme", "gateway").changed()).isEmpty();
    }

    private void putProtected(String protection) {
        client.apply("acme", GATEWAY.formatted(protection));
    }

    @Test
    void shouldNameThePlaceOfEveryMistakeInProtection() {
        client.apply("acme", TENANT);

        for (var mistake : Map.of(
                        "{spoofGuard: none}", "spoofGuard",
                        "{learnedAddresses: 3}", "learnedAddresses",
                        "{spoofGuard: learned, learnedAddresses: 65}", "learnedAddresses",
                        "{discovery: [arp]}", "discovery",
                        "{spoofGuard: learned, discovery: [arp, dns]}", "discovery[1]",
                        "{bridge: maybe}", "bridge",
                        "{dhcp: true}", "dhcp")
                .entrySet()) {
            assertThat(refused(() -> putProtected(mistake.getKey())).problem().problems())
                    .extracting(FieldProblem::path)
                    .containsExactly("spec.vnics[0].protection." + mistake.getValue());
        }
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
    void shouldAnswerWhenAMigrationHasEnteredItsNextPhase() {
        client.apply("acme", TENANT);
        client.attach("acme", "web-1", "host-1");
        client.migrate("acme/web-1", "host-2");

        MigrationView migration = client.migration("m-1", 1, Duration.ofMillis(300));

        assertThat(migration.phases()).extracting(PhaseView::phase).containsExactly("RESERVING");
        assertThat(services.waits).containsExactly("m-1 1 300");
        assertThat(refused(() -> client.migration("m-1", 1, Duration.ofHours(1)))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void shouldSayWhatAMigrationWouldBeLikeAndBeginNone() {
        client.apply("acme", TENANT);
        client.attach("acme", "web-1", "host-1");
        services.migrations.put("m-7", committed("m-7", 3_000));
        services.migrations.put("m-8", committed("m-8", 5_000));

        PreflightView view = client.preflight("acme/web-1", "host-2");

        assertThat(view.from()).isEqualTo("host-1");
        assertThat(view.connections()).isEqualTo(2L * view.vnics());
        assertThat(view.expectedPauseNanos()).isEqualTo(5_000);
        assertThat(view.samples()).isEqualTo(2);
        assertThat(view.connectionsPerSecond()).isEqualTo(2_000_000);
        assertThat(view.bytesPerConnection()).isEqualTo(20);
        assertThat(client.preflight("acme/web-1", "host-2", 100_000L).connectionsPerSecond())
                .isEqualTo(5_000);
        assertThat(client.preflight("acme/web-1", "host-2", 1_000_000_000L).connectionsPerSecond())
                .as("without what the last ones waited for their bandwidth")
                .isEqualTo(20_000_000);
        assertThat(client.preflight("acme/web-1", "host-2", 0L).connectionsPerSecond())
                .isEqualTo(2_000_000);
        assertThat(refused(() -> client.preflight("acme/web-1", "host-2", 100L)).status())
                .isEqualTo(400);
        assertThat(view.revisionInForce()).isEqualTo(view.revision());
        assertThat(view.destination().name()).isEqualTo("host-2");
        assertThat(client.migrations("acme/web-1", 10)).hasSize(2);
        assertThat(refused(() -> client.preflight("acme/web-1", "host-1"))
                        .problem()
                        .code())
                .isEqualTo("same-host");
        assertThat(refused(() -> client.preflight("web-1", "HOST")).status()).isEqualTo(400);
    }

    @Test
    void shouldReverseOnlyWhatHasCommittedAndIsStillThere() {
        client.apply("acme", TENANT);
        client.attach("acme", "web-1", "host-2");
        services.migrations.put("m-7", committed("m-7", 3_000));

        MigrationView back = client.reverse("m-7");

        assertThat(back.from()).isEqualTo("host-2");
        assertThat(back.to()).isEqualTo("host-1");
        assertThat(refused(() -> client.reverse(back.id())).problem().code()).isEqualTo("wrong-state");
        client.detach("acme", "web-1");
        assertThat(refused(() -> client.reverse("m-7")).problem().hint()).contains("--to host-1");
        assertThat(refused(() -> client.reverse("m-99")).status()).isEqualTo(404);
    }

    private static MigrationView committed(String id, long pauseNanos) {
        VnicReceipt vnic = new VnicReceipt(
                "acme/web-1/eth0",
                9,
                9,
                99,
                9,
                "a",
                "a",
                1,
                0,
                0,
                0,
                1,
                pauseNanos,
                List.of(new CopyRoundView(2_000, 0, 40_000, 1_000_000, 5, 900_000)));
        ReceiptView receipt = new ReceiptView(
                "COMMITTED",
                true,
                1,
                2,
                1,
                9,
                9,
                99,
                9,
                1,
                0,
                0,
                0,
                1,
                pauseNanos,
                List.of(),
                List.of(vnic),
                List.of());
        return new MigrationView(
                id,
                "acme/web-1",
                "host-1",
                "host-2",
                "COMMITTED",
                "PLACED",
                "me",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:01Z",
                null,
                receipt,
                null,
                List.of());
    }
}
