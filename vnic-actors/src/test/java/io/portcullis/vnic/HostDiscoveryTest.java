package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host tells of discovered addresses, and what it does with what its tenant knows. */
class HostDiscoveryTest {
    private static final DiscoveredAddress SEEN =
            new DiscoveredAddress(InetAddress.ofLiteral("10.0.0.7"), AddressSource.ARP);
    private static final DiscoveredAddress KNOWN =
            new DiscoveredAddress(InetAddress.ofLiteral("10.0.0.8"), AddressSource.DHCP);

    @TempDir
    private Path directory;

    private HostAgentFixture host;
    private ActorRef<HostCommand> agent;

    @BeforeEach
    void start() {
        host = new HostAgentFixture(directory);
        host.setRules(7, Action.DROP);
        agent = host.start();
    }

    @AfterEach
    void stop() {
        host.close();
    }

    private static VmSpec spec() {
        return new VmSpec(
                WEB_1,
                List.of(new VnicSpec(
                        WEB_1_ETH0,
                        new MacAddress(0x0200_0000_0001L),
                        List.of(),
                        100,
                        "tap:web-1/eth0",
                        VnicProtection.STRICT
                                .withLearnedAddresses(4)
                                .withDiscovery(AddressSource.ARP, AddressSource.DHCP))));
    }

    private void attach(boolean enforce) {
        assertThat(host.ask(me -> new HostCommand.AttachVm(spec(), 1, enforce, me)))
                .isInstanceOf(HostReply.VmAttached.class);
    }

    private void tell(long generation, DiscoveredAddress... known) {
        agent.tell(new HostCommand.KnownAddresses(Map.of(WEB_1_ETH0, new Discovery(generation, List.of(known)))));
    }

    private void awaitTold(long generation, DiscoveredAddress... addresses) {
        await().untilAsserted(() -> {
            Discovery told = host.discovered(WEB_1_ETH0);
            assertThat(told).isNotNull();
            assertThat(told.generation()).isEqualTo(generation);
            assertThat(told.addresses()).containsExactlyInAnyOrder(addresses);
        });
    }

    @Test
    void shouldBringWhatTheTenantKnowsToTheFirewallBeforeItSpeaksForTheVnic() {
        attach(true);
        host.dataPath.setDiscovered(WEB_1_ETH0, SEEN);
        awaitTold(0, SEEN);

        tell(5, KNOWN.withHeld(true));

        awaitTold(5, SEEN, KNOWN);
        assertThat(host.dataPath.discovered(WEB_1_ETH0)).containsExactly(SEEN, KNOWN);
    }

    @Test
    void shouldForgetWhatTheTenantOverrules() {
        attach(true);
        host.dataPath.setDiscovered(WEB_1_ETH0, SEEN);
        awaitTold(0, SEEN);
        tell(5);
        awaitTold(5, SEEN);

        tell(6);

        awaitTold(6);
        assertThat(host.dataPath.discovered(WEB_1_ETH0)).isEmpty();
    }

    @Test
    void shouldSayNothingForAVnicThatItOnlyPrepares() {
        attach(false);
        awaitTold(0);
        tell(5, KNOWN);
        await().until(() -> !host.dataPath.discovered(WEB_1_ETH0).isEmpty());

        assertThat(host.ask(HostCommand.GetHost::new)).isInstanceOf(HostReply.HostStatus.class);
        assertThat(host.discovered(WEB_1_ETH0)).isEqualTo(new Discovery(0, List.of()));
        attach(true);
        awaitTold(5, KNOWN);
    }

    @Test
    void shouldTellThatNothingIsLeftWhenAVmIsDetachedButNotWhenItMoves() {
        attach(true);
        host.dataPath.setDiscovered(WEB_1_ETH0, SEEN);
        tellWhenAsked(5);
        awaitTold(5, SEEN);

        assertThat(host.ask(me -> new HostCommand.ReleaseVm(spec(), 1, HOST_2, 2, me)))
                .isInstanceOf(HostReply.VmGone.class);
        assertThat(host.discovered(WEB_1_ETH0).addresses()).containsExactly(SEEN);

        assertThat(host.ask(me -> new HostCommand.AttachVm(spec(), 3, true, me)))
                .isInstanceOf(HostReply.VmAttached.class);
        host.dataPath.setDiscovered(WEB_1_ETH0, SEEN);
        tellWhenAsked(5);
        awaitTold(5, SEEN);
        assertThat(host.ask(me -> new HostCommand.DetachVm(spec(), 3, true, me)))
                .isInstanceOf(HostReply.VmGone.class);
        awaitTold(5);
    }

    private void tellWhenAsked(long generation) {
        await().untilAsserted(() -> {
            assertThat(host.discovered(WEB_1_ETH0)).isNotNull();
            assertThat(host.discovered(WEB_1_ETH0).generation()).isZero();
        });
        tell(generation);
    }
}
