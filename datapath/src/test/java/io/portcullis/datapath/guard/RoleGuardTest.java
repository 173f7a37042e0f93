package io.portcullis.datapath.guard;

import static io.portcullis.datapath.packet.Frames.PEER_MAC;
import static io.portcullis.datapath.packet.Frames.VM_LINK_LOCAL;
import static io.portcullis.datapath.packet.Frames.VM_MAC;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RoleGuardTest {
    private static final InetAddress ALL_NODES = InetAddress.ofLiteral("ff02::1");
    private static final VnicProtection LENIENT = new VnicProtection(true, true, true, false, 0);

    @Test
    void shouldLetNoVmBeADhcpServerUnlessItMay() {
        for (FrameBuilder answer :
                List.of(fromVm().udp(67, 68), fromVm().udp(4_011, 68), fromVm6().udp(547, 546))) {
            assertThat(out(VnicProtection.STRICT, answer)).isEqualTo(Offence.DHCP_SERVER);
            assertThat(out(LENIENT, answer)).isNull();
        }
        assertThat(out(VnicProtection.STRICT, fromVm().udp(68, 67)))
                .as("a client")
                .isNull();
        assertThat(out(VnicProtection.STRICT, fromVm().tcp(67, 68))).isNull();
        assertThat(in(toVm().udp(67, 68))).as("a server elsewhere").isNull();
    }

    @Test
    void shouldLetNoVmBeARouterUnlessItMay() {
        for (int type : new int[] {134, 137}) {
            FrameBuilder message = FrameBuilder.frame(VM_MAC, PEER_MAC)
                    .ip(VM_LINK_LOCAL, type == 134 ? ALL_NODES : Frames.PEER6)
                    .hopLimit(255)
                    .icmp(type, 0, 0)
                    .payload(new byte[type == 134 ? 8 : 32]);
            assertThat(out(VnicProtection.STRICT, message)).isEqualTo(Offence.ROUTER);
            assertThat(out(LENIENT, message)).isNull();
        }
    }

    @Test
    void shouldFindAnAdvertisementBehindExtensionHeaders() {
        byte[] destinationOptions = {58, 0, 1, 4, 0, 0, 0, 0};
        byte[] hopByHop = {60, 0, 1, 4, 0, 0, 0, 0, 58, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        assertThat(out(VnicProtection.STRICT, advertisement().extensions(60, destinationOptions)))
                .isEqualTo(Offence.ROUTER);
        assertThat(out(VnicProtection.STRICT, advertisement().extensions(0, hopByHop)))
                .isEqualTo(Offence.ROUTER);
    }

    /** RFC 7113, 3: an advertisement whose first fragment ends in front of, or shows, the ICMPv6 header. */
    @Test
    void shouldNotBeEvadedByFragments() {
        assertThat(out(LENIENT, advertisement().fragment(1, 0, true)))
                .as("never in fragments, not even from a router")
                .isEqualTo(Offence.ND_INVALID);
        byte[] hidden = FrameBuilder.frame(VM_MAC, PEER_MAC)
                .ip(VM_LINK_LOCAL, ALL_NODES)
                .hopLimit(255)
                .extensions(44, new byte[] {60, 0, 0, 1, 0, 0, 0, 7, 58, 1, 1, 12, 0, 0, 0, 0})
                .protocol(58)
                .build();
        assertThat(Frames.parse(hidden, new PacketView()))
                .as("a first fragment without the whole chain of headers")
                .isEqualTo(ParseResult.ICMP_TRUNCATED);
    }

    @Test
    void shouldKeepTheVmFromTalkingToBridges() {
        for (String group :
                List.of("01:80:c2:00:00:00", "01:80:c2:00:00:0e", "01:80:c2:00:00:02", "01:00:0c:cc:cc:cd")) {
            FrameBuilder frame = FrameBuilder.frame(VM_MAC, MacAddress.parse(group))
                    .etherType(38)
                    .payload(new byte[46]);
            assertThat(out(VnicProtection.STRICT, frame)).as(group).isEqualTo(Offence.BRIDGE);
            assertThat(out(LENIENT, frame)).as(group).isNull();
        }
        for (String other : List.of("01:80:c2:00:00:10", "01:00:5e:00:00:fb", "ff:ff:ff:ff:ff:ff")) {
            FrameBuilder frame = FrameBuilder.frame(VM_MAC, MacAddress.parse(other))
                    .etherType(38)
                    .payload(new byte[46]);
            assertThat(out(VnicProtection.STRICT, frame)).as(other).isNull();
        }
    }

    private static FrameBuilder advertisement() {
        return FrameBuilder.frame(VM_MAC, PEER_MAC)
                .ip(VM_LINK_LOCAL, ALL_NODES)
                .hopLimit(255)
                .icmp(134, 0, 0)
                .payload(new byte[8]);
    }

    private static @Nullable Offence out(VnicProtection protection, FrameBuilder frame) {
        return guard(protection).check(Frames.parsed(frame.build()), Direction.OUT);
    }

    private static @Nullable Offence in(FrameBuilder frame) {
        return guard(VnicProtection.STRICT).check(Frames.parsed(frame.build()), Direction.IN);
    }

    private static VnicGuard guard(VnicProtection protection) {
        return new VnicGuard(VM_MAC, List.of(Frames.VM, Frames.VM6), protection);
    }
}
