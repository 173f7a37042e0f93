package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a tenant makes of the addresses that hosts discover. */
class TenantDiscoveryTest extends TenantActorTest {
    private static final VnicId DB_1_ETH0 = VnicId.parse("acme/db-1/eth0");
    private static final VnicProtection DISCOVERS =
            VnicProtection.STRICT.withLearnedAddresses(8).withDiscovery(AddressSource.ARP);

    private TestProbe<HostCommand> host;

    @BeforeEach
    void createTenant() {
        start(ACME, Clock.systemUTC());
        host = testKit.createTestProbe();
        TestProbe<TenantReply> asker = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "test", asker.ref()));
        asker.receiveMessage();
        edit(new ModelEdit.PutSegment(new Segment("lan", 100)), vm(WEB_1_ETH0, 1, "10.0.0.1"), vm(DB_1_ETH0, 2));
    }

    private static ModelEdit vm(VnicId vnic, long mac, String... declared) {
        return new ModelEdit.PutVm(Vm.named(vnic.vm())
                .withVnic(new Vnic(
                        vnic,
                        new MacAddress(0x0200_0000_0000L + mac),
                        Stream.of(declared).map(InetAddress::ofLiteral).toList(),
                        "lan",
                        "memory:" + vnic.vm().name(),
                        DISCOVERS)));
    }

    private void edit(ModelEdit... edits) {
        TestProbe<TenantReply> asker = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.Edit(
                Stream.of(edits).<TenantEdit>map(TenantEdit.Change::new).toList(), null, "ann", asker.ref()));
        assertThat(asker.receiveMessage()).isInstanceOf(TenantReply.Applied.class);
    }

    private static List<DiscoveredAddress> arp(String... addresses) {
        return Stream.of(addresses)
                .map(address -> new DiscoveredAddress(InetAddress.ofLiteral(address), AddressSource.ARP))
                .toList();
    }

    private void report(HostId from, VnicId vnic, long generation, String... addresses) {
        tenant.runCommand(new TenantCommand.ReportDiscovered(
                from, Map.of(vnic, new Discovery(generation, arp(addresses))), host.ref()));
    }

    /** As a host does that has just got the vNIC. */
    private Discovery introduce(HostId from, VnicId vnic) {
        report(from, vnic, 0);
        return host.expectMessageClass(HostCommand.KnownAddresses.class).vnics().get(vnic);
    }

    private TenantModel model() {
        TestProbe<TenantReply> asker = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.GetModel(asker.ref()));
        return ((TenantReply.Model) asker.receiveMessage()).model();
    }

    private List<String> recorded(VnicId vnic) {
        return model().vnic(vnic).orElseThrow().discovered().stream()
                .map(each -> each.address().getHostAddress() + (each.held() ? " held" : ""))
                .toList();
    }

    private void awaitRecorded(VnicId vnic, String... addresses) {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(recorded(vnic)).containsExactlyInAnyOrder(addresses));
    }

    @Test
    void shouldRecordWhatSeveralVnicsHaveInOneRevision() {
        long before = model().revision();
        long web = introduce(HOST_1, WEB_1_ETH0).generation();
        long db = introduce(HOST_1, DB_1_ETH0).generation();

        report(HOST_1, WEB_1_ETH0, web, "10.0.0.7");
        report(HOST_1, DB_1_ETH0, db, "10.0.0.1", "10.0.0.8");

        awaitRecorded(DB_1_ETH0, "10.0.0.1 held", "10.0.0.8");
        assertThat(recorded(WEB_1_ETH0)).containsExactly("10.0.0.7");
        assertThat(model().revision()).isEqualTo(before + 1);
        tenant.restart();
        assertThat(recorded(DB_1_ETH0)).containsExactlyInAnyOrder("10.0.0.1 held", "10.0.0.8");
    }

    @Test
    void shouldTellTheNextHostWhatIsKnownAndTakeAMoveForNoDiscovery() {
        long generation = introduce(HOST_1, WEB_1_ETH0).generation();
        report(HOST_1, WEB_1_ETH0, generation, "10.0.0.7");
        awaitRecorded(WEB_1_ETH0, "10.0.0.7");
        long before = model().revision();

        Discovery known = introduce(HOST_2, WEB_1_ETH0);
        report(HOST_2, WEB_1_ETH0, known.generation(), "10.0.0.7");
        report(HOST_2, DB_1_ETH0, introduce(HOST_2, DB_1_ETH0).generation(), "10.0.0.8");

        assertThat(known).isEqualTo(new Discovery(generation, arp("10.0.0.7")));
        awaitRecorded(DB_1_ETH0, "10.0.0.8");
        assertThat(model().revision()).isEqualTo(before + 1);
        assertThat(recorded(WEB_1_ETH0)).containsExactly("10.0.0.7");
    }

    @Test
    void shouldHaveTheHostForgetWhatAnOperatorClearsAndNotHearItsOlderReports() {
        long generation = introduce(HOST_1, WEB_1_ETH0).generation();
        report(HOST_1, WEB_1_ETH0, generation, "10.0.0.7");
        awaitRecorded(WEB_1_ETH0, "10.0.0.7");

        edit(new ModelEdit.SetDiscovered("web-1", "eth0", List.of()));
        Discovery overruled = host.expectMessageClass(HostCommand.KnownAddresses.class)
                .vnics()
                .get(WEB_1_ETH0);
        report(HOST_1, WEB_1_ETH0, generation, "10.0.0.7");

        assertThat(overruled.generation()).isGreaterThan(generation);
        assertThat(overruled.addresses()).isEmpty();
        assertThat(host.expectMessageClass(HostCommand.KnownAddresses.class)
                        .vnics()
                        .get(WEB_1_ETH0))
                .isEqualTo(overruled);
        report(HOST_1, WEB_1_ETH0, overruled.generation(), "10.0.0.9");
        awaitRecorded(WEB_1_ETH0, "10.0.0.9");
    }

    @Test
    void shouldGiveAnAddressThatBecameFreeToWhoIsStillFoundWithIt() {
        long db = introduce(HOST_1, DB_1_ETH0).generation();
        report(HOST_1, DB_1_ETH0, db, "10.0.0.1");
        awaitRecorded(DB_1_ETH0, "10.0.0.1 held");

        edit(new ModelEdit.RemoveVm("web-1"));
        assertThat(recorded(DB_1_ETH0)).containsExactly("10.0.0.1 held");
        report(HOST_1, DB_1_ETH0, db, "10.0.0.1");

        awaitRecorded(DB_1_ETH0, "10.0.0.1");
    }

    @Test
    void shouldBelieveNothingAboutVnicsThatDiscoverNothing() {
        VmId vm = VmId.parse("acme/pinned");
        edit(new ModelEdit.PutVm(Vm.named(vm)
                .withVnic(new Vnic(
                        VnicId.parse("acme/pinned/eth0"),
                        new MacAddress(0x0200_0000_0009L),
                        List.of(),
                        "lan",
                        "memory:p"))));
        long before = model().revision();

        report(HOST_1, VnicId.parse("acme/pinned/eth0"), 0, "10.0.0.7");
        report(HOST_1, VnicId.parse("acme/nobody/eth0"), 0, "10.0.0.7");
        Discovery known = introduce(HOST_1, WEB_1_ETH0);

        assertThat(known.addresses()).isEmpty();
        assertThat(model().revision()).isEqualTo(before);
    }
}
