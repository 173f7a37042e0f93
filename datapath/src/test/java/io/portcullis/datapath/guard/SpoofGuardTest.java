package io.portcullis.datapath.guard;

import static io.portcullis.datapath.packet.Frames.PEER;
import static io.portcullis.datapath.packet.Frames.PEER6;
import static io.portcullis.datapath.packet.Frames.PEER_MAC;
import static io.portcullis.datapath.packet.Frames.VM;
import static io.portcullis.datapath.packet.Frames.VM6;
import static io.portcullis.datapath.packet.Frames.VM_LINK_LOCAL;
import static io.portcullis.datapath.packet.Frames.VM_MAC;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static io.portcullis.datapath.packet.Frames.toVm;
import static io.portcullis.datapath.packet.Frames.toVm6;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SpoofGuardTest {
    private static final InetAddress NOBODY = InetAddress.ofLiteral("0.0.0.0");
    private static final InetAddress NOBODY6 = InetAddress.ofLiteral("::");
    private static final InetAddress ALL_NODES = InetAddress.ofLiteral("ff02::1");

    private static final InetAddress SOLICITED_VM6 = InetAddress.ofLiteral("ff02::1:ff00:1");
    private static final InetAddress SOLICITED_PEER6 = InetAddress.ofLiteral("ff02::1:ff00:2");
    private static final InetAddress OTHER = InetAddress.ofLiteral("10.0.0.99");
    private static final InetAddress OTHER6 = InetAddress.ofLiteral("fd00::99");

    private final SpoofGuard guard = new SpoofGuard(VM_MAC, List.of(VM, VM6), VnicProtection.STRICT);

    @Test
    void shouldPassTheVmsOwnAddresses() {
        assertThat(out(fromVm().tcp(1, 2))).isNull();
        assertThat(out(fromVm6().tcp(1, 2))).isNull();
        assertThat(out(frame().ip(VM_LINK_LOCAL, PEER6).udp(546, 547))).isNull();
        assertThat(out(fromVm().vlan(0).tcp(1, 2))).isNull();
        assertThat(in(toVm().tcp(1, 2))).isNull();
        assertThat(in(toVm6().tcp(1, 2))).isNull();
        assertThat(in(FrameBuilder.frame(PEER_MAC, MacAddress.BROADCAST)
                        .ip(PEER, InetAddress.ofLiteral("255.255.255.255"))
                        .udp(67, 68)))
                .isNull();
    }

    @Test
    void shouldRefuseForeignAddressesOfTheVm() {
        assertThat(out(FrameBuilder.frame(PEER_MAC, VM_MAC).ip(VM, PEER).tcp(1, 2)))
                .isEqualTo(Offence.SPOOF);
        assertThat(out(frame().ip(PEER, VM).tcp(1, 2))).isEqualTo(Offence.SPOOF);
        assertThat(out(frame().ip(PEER6, VM6).tcp(1, 2))).isEqualTo(Offence.SPOOF);
        assertThat(out(frame().ip(InetAddress.ofLiteral("fe80::1"), VM6).tcp(1, 2)))
                .isEqualTo(Offence.SPOOF);
        assertThat(out(frame().ip(NOBODY, PEER).udp(68, 53))).isEqualTo(Offence.SPOOF);
        assertThat(out(frame().ip(NOBODY6, PEER6).udp(68, 53))).isEqualTo(Offence.SPOOF);
        assertThat(out(fromVm().vlan(7).tcp(1, 2))).isEqualTo(Offence.VLAN);
    }

    @Test
    void shouldLetADhcpClientAsk() {
        assertThat(out(FrameBuilder.frame(VM_MAC, MacAddress.BROADCAST)
                        .ip(NOBODY, InetAddress.ofLiteral("255.255.255.255"))
                        .udp(68, 67)))
                .isNull();
    }

    @Test
    void shouldBindArpToTheVnic() {
        assertThat(out(FrameBuilder.arpRequest(VM_MAC, VM, PEER))).isNull();
        assertThat(out(FrameBuilder.arpRequest(VM_MAC, NOBODY, VM))).as("probe").isNull();
        assertThat(out(FrameBuilder.arpReply(VM_MAC, PEER, PEER_MAC, PEER))).isEqualTo(Offence.SPOOF);
        byte[] foreignSenderMac =
                FrameBuilder.arpReply(VM_MAC, VM, PEER_MAC, PEER).build();
        foreignSenderMac[27] = 9;
        assertThat(guard.check(Frames.parsed(foreignSenderMac), Direction.OUT)).isEqualTo(Offence.SPOOF);
        assertThat(in(FrameBuilder.arpRequest(PEER_MAC, VM, VM)))
                .as("a duplicate address must be seen")
                .isNull();
    }

    @Test
    void shouldRefuseWhatIsNotForTheVm() {
        MacAddress other = MacAddress.parse("02:00:00:00:00:09");
        assertThat(in(FrameBuilder.frame(PEER_MAC, other).ip(PEER, VM).tcp(1, 2)))
                .isEqualTo(Offence.FOREIGN_MAC);
        assertThat(in(FrameBuilder.frame(VM_MAC, MacAddress.BROADCAST)
                        .ip(VM, PEER)
                        .udp(1, 2)))
                .isEqualTo(Offence.LOOP);
        assertThat(in(FrameBuilder.frame(PEER_MAC, VM_MAC).ip(VM, VM).tcp(1, 2)))
                .isEqualTo(Offence.SPOOF);
        assertThat(in(FrameBuilder.frame(PEER_MAC, VM_MAC).ip(VM6, VM6).tcp(1, 2)))
                .isEqualTo(Offence.SPOOF);
    }

    @Test
    void shouldBindNeighbourDiscoveryToTheVnic() {
        assertThat(out(nd(VM6, PEER6, 135, PEER6, 1, VM_MAC))).isNull();
        assertThat(out(nd(VM_LINK_LOCAL, PEER6, 136, VM6, 2, VM_MAC))).isNull();
        assertThat(out(nd(VM6, PEER6, 135, PEER6, 1, PEER_MAC))).isEqualTo(Offence.SPOOF);
        assertThat(out(nd(VM6, ALL_NODES, 136, PEER6, 2, VM_MAC))).isEqualTo(Offence.SPOOF);
        assertThat(out(nd(NOBODY6, SOLICITED_VM6, 135, VM6, 14, VM_MAC)))
                .as("duplicate address detection; its option is a nonce")
                .isNull();
        assertThat(out(nd(NOBODY6, SOLICITED_PEER6, 135, PEER6, 14, VM_MAC))).isEqualTo(Offence.SPOOF);
        assertThat(in(nd(PEER_MAC, VM_MAC, PEER6, VM6, 136, PEER6, 2, PEER_MAC)))
                .isNull();
    }

    @Test
    void shouldRefuseNeighboursFromAfarAndBrokenMessages() {
        assertThat(out(frame().ip(VM_LINK_LOCAL, ALL_NODES).icmp(133, 0, 0).hopLimit(255)))
                .isNull();
        assertThat(in(toVm6().icmp(136, 0, 0).payload(new byte[16]).hopLimit(254)))
                .isEqualTo(Offence.ND_INVALID);
        assertThat(in(toVm6().icmp(136, 0, 0).payload(new byte[8]).hopLimit(255)))
                .isEqualTo(Offence.ND_INVALID);
    }

    @Test
    void shouldLearnWhatTheVmClaimsUpToTheBound() {
        SpoofGuard learning = new SpoofGuard(VM_MAC, List.of(VM), VnicProtection.STRICT.withLearnedAddresses(2));
        assertThat(out(learning, frame().ip(OTHER, PEER).udp(1, 2)))
                .as("IP itself claims nothing")
                .isEqualTo(Offence.SPOOF);
        assertThat(out(learning, FrameBuilder.arpRequest(VM_MAC, OTHER, PEER))).isNull();
        assertThat(out(learning, frame().ip(OTHER, PEER).udp(1, 2))).isNull();
        assertThat(out(learning, nd(NOBODY6, SOLICITED_VM6, 135, OTHER6, 14, VM_MAC)))
                .isNull();
        assertThat(out(learning, frame().ip(OTHER6, PEER6).udp(1, 2))).isNull();
        InetAddress third = InetAddress.ofLiteral("10.0.0.100");
        assertThat(out(learning, FrameBuilder.arpRequest(VM_MAC, third, PEER))).isEqualTo(Offence.SPOOF);
        Map<String, Long> counters = new TreeMap<>();
        learning.addCounters(counters);
        assertThat(counters).containsOnly(Map.entry("addresses.learned", 2L), Map.entry("addresses.refused", 1L));
    }

    @Test
    void shouldNotLearnGroupsNobodyNorByForeignMacs() {
        SpoofGuard learning = new SpoofGuard(VM_MAC, List.of(), VnicProtection.STRICT.withLearnedAddresses(8));
        for (String wrong : List.of("224.0.0.1", "255.255.255.255", "127.0.0.1")) {
            assertThat(out(learning, FrameBuilder.arpRequest(VM_MAC, InetAddress.ofLiteral(wrong), PEER)))
                    .as(wrong)
                    .isEqualTo(Offence.SPOOF);
        }
        assertThat(out(learning, nd(OTHER6, PEER6, 135, PEER6, 1, PEER_MAC))).isEqualTo(Offence.SPOOF);
        assertThat(out(learning, nd(OTHER6, PEER6, 135, PEER6, 1, VM_MAC))).isNull();
        assertThat(out(learning, frame().ip(OTHER6, PEER6).udp(1, 2))).isNull();
    }

    @Test
    void shouldLearnWhatADhcpServerGivesToThisMac() {
        SpoofGuard learning = new SpoofGuard(VM_MAC, List.of(), VnicProtection.STRICT.withLearnedAddresses(1));
        assertThat(in(learning, dhcp(PEER_MAC, 5, OTHER))).isNull();
        assertThat(in(learning, dhcp(VM_MAC, 6, OTHER))).as("NAK").isNull();
        assertThat(out(learning, frame().ip(OTHER, PEER).udp(1, 2))).isEqualTo(Offence.SPOOF);
        assertThat(in(learning, dhcp(VM_MAC, 5, OTHER))).isNull();
        assertThat(out(learning, frame().ip(OTHER, PEER).udp(1, 2))).isNull();
    }

    @Test
    void shouldLetARouterUseForeignAddressesButNoForeignMac() {
        SpoofGuard router = new SpoofGuard(VM_MAC, List.of(VM), new VnicProtection(false, true, false, true, 0));
        assertThat(out(router, frame().ip(OTHER, PEER).udp(1, 2))).isNull();
        assertThat(out(router, frame().ip(OTHER6, PEER6).tcp(1, 2))).isNull();
        assertThat(out(router, FrameBuilder.arpReply(VM_MAC, OTHER, PEER_MAC, PEER)))
                .isNull();
        assertThat(out(router, nd(VM_LINK_LOCAL, PEER6, 136, OTHER6, 2, VM_MAC)))
                .isNull();
        assertThat(in(router, toVm().tcp(1, 2))).isNull();

        assertThat(out(
                        router,
                        FrameBuilder.frame(PEER_MAC, VM_MAC).ip(OTHER, PEER).udp(1, 2)))
                .isEqualTo(Offence.SPOOF);
        assertThat(out(router, FrameBuilder.arpReply(PEER_MAC, OTHER, PEER_MAC, PEER)))
                .isEqualTo(Offence.SPOOF);
        assertThat(out(router, nd(VM_LINK_LOCAL, PEER6, 136, OTHER6, 2, PEER_MAC)))
                .isEqualTo(Offence.SPOOF);
        assertThat(in(router, FrameBuilder.frame(PEER_MAC, VM_MAC).ip(VM, VM).tcp(1, 2)))
                .as("its declared address")
                .isEqualTo(Offence.SPOOF);
    }

    private static FrameBuilder dhcp(MacAddress client, int messageType, InetAddress given) {
        ByteBuffer reply = ByteBuffer.allocate(250);
        reply.put((byte) 2).put((byte) 1).put((byte) 6);
        reply.position(16).put(given.getAddress());
        reply.position(28).putShort((short) (client.value() >>> 32)).putInt((int) client.value());
        reply.position(236).putInt(0x63825363).put((byte) 0);
        reply.put((byte) 53).put((byte) 1).put((byte) messageType).put((byte) 255);
        return FrameBuilder.frame(PEER_MAC, MacAddress.BROADCAST)
                .ip(PEER, InetAddress.ofLiteral("255.255.255.255"))
                .udp(67, 68)
                .payload(reply.array());
    }

    private static @Nullable Offence out(SpoofGuard guard, FrameBuilder frame) {
        return guard.check(Frames.parsed(frame.build()), Direction.OUT);
    }

    private static @Nullable Offence in(SpoofGuard guard, FrameBuilder frame) {
        return guard.check(Frames.parsed(frame.build()), Direction.IN);
    }

    private static FrameBuilder frame() {
        return FrameBuilder.frame(VM_MAC, PEER_MAC);
    }

    private static FrameBuilder nd(
            InetAddress from, InetAddress to, int type, InetAddress target, int option, MacAddress linkLayer) {
        return nd(VM_MAC, PEER_MAC, from, to, type, target, option, linkLayer);
    }

    private static FrameBuilder nd(
            MacAddress source,
            MacAddress destination,
            InetAddress from,
            InetAddress to,
            int type,
            InetAddress target,
            int option,
            MacAddress linkLayer) {
        ByteBuffer body = ByteBuffer.allocate(24).put(target.getAddress());
        body.put((byte) option).put((byte) 1);
        body.putShort((short) (linkLayer.value() >>> 32)).putInt((int) linkLayer.value());
        return FrameBuilder.frame(source, destination)
                .ip(from, to)
                .hopLimit(255)
                .icmp(type, 0, 0)
                .payload(body.array());
    }

    private @Nullable Offence out(FrameBuilder frame) {
        return guard.check(Frames.parsed(frame.build()), Direction.OUT);
    }

    private @Nullable Offence in(FrameBuilder frame) {
        return guard.check(Frames.parsed(frame.build()), Direction.IN);
    }
}
