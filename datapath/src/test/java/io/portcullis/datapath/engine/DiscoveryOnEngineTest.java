package io.portcullis.datapath.engine;

import static io.portcullis.datapath.packet.Frames.PEER;
import static io.portcullis.datapath.packet.Frames.PEER_MAC;
import static io.portcullis.datapath.packet.Frames.VM;
import static io.portcullis.datapath.packet.Frames.VM_MAC;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a vNIC is found to have, frame by frame. */
class DiscoveryOnEngineTest {
    private static final InetAddress NOBODY = InetAddress.ofLiteral("0.0.0.0");
    private static final InetAddress EVERYBODY = InetAddress.ofLiteral("255.255.255.255");
    private static final InetAddress SERVER6 = InetAddress.ofLiteral("fe80::1");
    private static final int ACK = 5;
    private static final int NAK = 6;
    private static final int RELEASE = 7;
    private static final int HOUR_SECONDS = 3_600;
    private static final int CHANGES_AT_ONCE = 8;

    private EngineHarness vm = discovering(AddressSource.values());

    @AfterEach
    void close() {
        vm.close();
    }

    private EngineHarness discovering(AddressSource... sources) {
        EngineHarness harness =
                new EngineHarness(VnicProtection.STRICT.withLearnedAddresses(4).withDiscovery(sources));
        harness.with(1, Rules.table(Action.ALLOW));
        harness.engine.expire(harness.nowNanos);
        return harness;
    }

    private void only(AddressSource source) {
        vm.close();
        vm = discovering(source);
    }

    private List<String> found() {
        pass(1);
        return vm.engine.discoveredAddresses().stream()
                .map(each -> each.address().getHostAddress() + " " + each.source())
                .toList();
    }

    private void pass(long seconds) {
        vm.nowNanos += seconds * 1_000_000_000L;
        vm.engine.expire(vm.nowNanos);
    }

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    private static FrameBuilder announces(String address) {
        return FrameBuilder.arpRequest(VM_MAC, ip(address), ip(address));
    }

    private static FrameBuilder talksFrom(String address) {
        return FrameBuilder.frame(VM_MAC, PEER_MAC).ip(ip(address), PEER).udp(1, 2);
    }

    private static FrameBuilder dhcp(int type, String given, int leaseSeconds) {
        return FrameBuilder.frame(PEER_MAC, MacAddress.BROADCAST)
                .ip(PEER, EVERYBODY)
                .udp(67, 68)
                .payload(message(2, type, 16, given, leaseSeconds));
    }

    private static byte[] message(int operation, int type, int addressAt, String address, int leaseSeconds) {
        ByteBuffer message = ByteBuffer.allocate(260);
        message.put((byte) operation).put((byte) 1).put((byte) 6);
        message.position(addressAt).put(ip(address).getAddress());
        message.position(28).putShort((short) (VM_MAC.value() >>> 32)).putInt((int) VM_MAC.value());
        message.position(236).putInt(0x63825363);
        message.put((byte) 51).put((byte) 4).putInt(leaseSeconds);
        message.put((byte) 53).put((byte) 1).put((byte) type).put((byte) 255);
        return message.array();
    }

    private static FrameBuilder dhcpv6(MacAddress to, String given, int validSeconds) {
        ByteBuffer reply = ByteBuffer.allocate(64).putInt(0x0700_1234);
        reply.putShort((short) 1).putShort((short) 2).putShort((short) 9); // a client id
        reply.putShort((short) 3).putShort((short) 40).putInt(1).putInt(0).putInt(0); // IA_NA
        reply.putShort((short) 5).putShort((short) 24).put(ip(given).getAddress());
        reply.putInt(validSeconds).putInt(validSeconds);
        return FrameBuilder.frame(PEER_MAC, to)
                .ip(SERVER6, VM_MAC.linkLocal())
                .udp(547, 546)
                .payload(java.util.Arrays.copyOf(reply.array(), reply.position()));
    }

    @Test
    void shouldFindWhatTheVmSaysByArpAndWhatItsServerGives() {
        vm.out(announces("10.0.0.50"));
        vm.in(dhcp(ACK, "10.0.0.51", HOUR_SECONDS));
        vm.in(dhcpv6(VM_MAC, "fd00::52", HOUR_SECONDS));

        assertThat(found()).containsExactlyInAnyOrder("10.0.0.50 ARP", "10.0.0.51 DHCP", "fd00:0:0:0:0:0:0:52 DHCP");
        assertThat(vm.out(talksFrom("10.0.0.51"))).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void shouldFindNothingByWhatItDoesNotTrust() {
        only(AddressSource.DHCP);

        assertThat(vm.out(announces("10.0.0.50"))).isEqualTo(Verdict.DROP);
        vm.in(dhcp(NAK, "10.0.0.51", HOUR_SECONDS));
        vm.in(dhcpv6(MacAddress.BROADCAST, "fd00::52", HOUR_SECONDS));
        // the VM plays its own server
        vm.out(FrameBuilder.frame(VM_MAC, VM_MAC)
                .ip(VM, EVERYBODY)
                .udp(67, 68)
                .payload(message(2, ACK, 16, "10.0.0.53", HOUR_SECONDS)));

        assertThat(found()).isEmpty();
        assertThat(vm.out(talksFrom("10.0.0.50"))).isEqualTo(Verdict.DROP);
        vm.in(dhcp(ACK, "10.0.0.50", HOUR_SECONDS));
        assertThat(vm.out(announces("10.0.0.50"))).isEqualTo(Verdict.ALLOW);
        assertThat(found()).containsExactly("10.0.0.50 DHCP");
    }

    @Test
    void shouldForgetWhenALeaseEndsUnlessItWasRenewed() {
        only(AddressSource.DHCP);
        vm.in(dhcp(ACK, "10.0.0.50", HOUR_SECONDS));
        vm.in(dhcpv6(VM_MAC, "fd00::52", 2 * HOUR_SECONDS));
        pass(HOUR_SECONDS - 10);
        assertThat(found()).hasSize(2);
        pass(20);
        assertThat(found()).containsExactly("fd00:0:0:0:0:0:0:52 DHCP");
        assertThat(vm.out(talksFrom("10.0.0.50"))).isEqualTo(Verdict.DROP);

        vm.in(dhcpv6(VM_MAC, "fd00::52", 2 * HOUR_SECONDS));
        pass(2 * HOUR_SECONDS - 100);
        assertThat(found()).hasSize(1);
        vm.in(dhcpv6(VM_MAC, "fd00::52", 0));
        assertThat(found()).isEmpty();
        assertThat(vm.counter("addresses.ended")).isEqualTo(2);
    }

    @Test
    void shouldForgetWhatTheVmReleasesAndNothingThatIsOnlyDeclared() {
        only(AddressSource.DHCP);
        vm.in(dhcp(ACK, "10.0.0.50", -1));
        pass(100_000);
        assertThat(found()).hasSize(1);
        for (String given : List.of("10.0.0.50", VM.getHostAddress())) {
            vm.out(FrameBuilder.frame(VM_MAC, PEER_MAC)
                    .ip(VM, PEER)
                    .udp(68, 67)
                    .payload(message(1, RELEASE, 12, given, HOUR_SECONDS)));
        }
        assertThat(found()).isEmpty();
        assertThat(vm.out(talksFrom(VM.getHostAddress()))).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void shouldTellOnlySoManyChangesOfAVmThatNeverStopsChanging() {
        only(AddressSource.DHCP);
        int told = 0;
        List<String> before = found();
        for (int change = 0; change < 40; change++) {
            vm.in(dhcp(ACK, "10.0.0.50", HOUR_SECONDS));
            vm.in(change % 2 == 0 ? dhcp(ACK, "10.0.0.51", HOUR_SECONDS) : dhcpv6(VM_MAC, "fd00::52", HOUR_SECONDS));
            if (change % 2 == 1) {
                release("10.0.0.51");
                vm.in(dhcpv6(VM_MAC, "fd00::52", 0));
            }
            List<String> now = found();
            told += now.equals(before) ? 0 : 1;
            before = now;
        }
        assertThat(told).isEqualTo(CHANGES_AT_ONCE);
        assertThat(vm.counter("addresses.put-off")).isPositive();

        pass(600);
        vm.in(dhcp(ACK, "10.0.0.57", HOUR_SECONDS));
        assertThat(found()).as("one more after a while").contains("10.0.0.57 DHCP");
    }

    private void release(String address) {
        vm.out(FrameBuilder.frame(VM_MAC, PEER_MAC)
                .ip(VM, PEER)
                .udp(68, 67)
                .payload(message(1, RELEASE, 12, address, HOUR_SECONDS)));
    }

    @Test
    void shouldTakeOverWhatIsKnownElsewhereAndForgetTheRestWhenTold() {
        vm.out(announces("10.0.0.50"));
        DiscoveredAddress known = new DiscoveredAddress(ip("10.0.0.60"), AddressSource.DHCP, true);

        vm.engine.learnAddresses(List.of(known), false);
        assertThat(vm.engine.discoveredAddresses())
                .containsExactlyInAnyOrder(
                        known.withHeld(false), new DiscoveredAddress(ip("10.0.0.50"), AddressSource.ARP));
        assertThat(vm.out(talksFrom("10.0.0.60"))).isEqualTo(Verdict.ALLOW);

        vm.engine.learnAddresses(List.of(), true);
        assertThat(found()).isEmpty();
        assertThat(vm.out(talksFrom("10.0.0.60"))).isEqualTo(Verdict.DROP);
        assertThat(vm.out(talksFrom(VM.getHostAddress()))).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void shouldTakeNoHarmFromBrokenAnswers() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("DiscoveryOnEngineTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            if (noise.length > 4) {
                noise[0] = 7;
                for (int at = 4; at + 4 < noise.length; at += 4 + random.nextInt(40)) {
                    noise[at] = 0;
                    noise[at + 1] = (byte) (3 + random.nextInt(3));
                    noise[at + 2] = 0;
                }
            }
            vm.in(FrameBuilder.frame(PEER_MAC, VM_MAC)
                    .ip(SERVER6, VM_MAC.linkLocal())
                    .udp(547, 546)
                    .payload(noise));
            vm.in(FrameBuilder.frame(PEER_MAC, VM_MAC)
                    .ip(PEER, NOBODY)
                    .udp(67, 68)
                    .payload(noise));
        }
        assertThat(found()).as("seed %d", seed).hasSizeLessThanOrEqualTo(4);
    }
}
