package io.portcullis.datapath.packet;

import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.IpFamily;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PacketParserTest {
    private final PacketView view = new PacketView();

    @Test
    void shouldReadTcpOverIpv4WithOptionsAndPadding() {
        byte[] frame = fromVm().ipOptions(new byte[] {1, 1, 1, 0})
                .tcp(40_000, 443)
                .flags(PacketView.TCP_SYN)
                .sequence(0x8000_0001)
                .acknowledgement(7)
                .window(512)
                .tcpOptions(new byte[] {2, 4, 5, (byte) 0xb4})
                .payload(new byte[3])
                .padTo(100)
                .build();

        assertThat(Frames.parse(frame, view)).isEqualTo(ParseResult.OK);
        assertThat(view.family).isEqualTo(IpFamily.IPV4);
        assertThat(view.sourceMac).isEqualTo(Frames.VM_MAC.value());
        assertThat(view.destinationMac).isEqualTo(Frames.PEER_MAC.value());
        assertThat(view.sourceLow).isEqualTo(0x0a00_0001L);
        assertThat(view.destinationLow).isEqualTo(0x0a00_0002L);
        assertThat(view.vlan).isEqualTo(-1);
        assertThat(view.ipLength).isEqualTo(24 + 24 + 3);
        assertThat(view.transportLength).isEqualTo(24 + 3);
        assertThat(view.sourcePort).isEqualTo(40_000);
        assertThat(view.destinationPort).isEqualTo(443);
        assertThat(view.tcpFlags).isEqualTo(PacketView.TCP_SYN);
        assertThat(view.tcpSequence).isEqualTo(0x8000_0001);
        assertThat(view.tcpAcknowledgement).isEqualTo(7);
        assertThat(view.tcpWindow).isEqualTo(512);
        assertThat(view.tcpOptionsLength).isEqualTo(4);
        assertThat(Wire.u8(view.memory, view.tcpOptionsOffset)).isEqualTo(2);
        assertThat(view.tcpPayloadLength).isEqualTo(3);
        assertThat(Checksums.isIpHeaderValid(view)).isTrue();
        assertThat(Checksums.isTransportValid(view)).isTrue();
    }

    @Test
    void shouldReadStackedTags() {
        assertThat(Frames.parse(fromVm6().vlan(100).vlan(200).udp(5, 53).build(), view))
                .isEqualTo(ParseResult.OK);
        assertThat(view.vlan).isEqualTo(100);
        assertThat(view.etherType).isEqualTo(EtherTypes.IPV6);
        assertThat(view.destinationPort).isEqualTo(53);
        assertThat(Checksums.isTransportValid(view)).isTrue();

        byte[] fourTags = fromVm().vlan(1).vlan(2).vlan(3).vlan(4).udp(5, 53).build();
        assertThat(Frames.parse(fourTags, view)).isEqualTo(ParseResult.ETHERNET_TOO_MANY_TAGS);
    }

    @Test
    void shouldWalkExtensionHeadersInAnyLegalOrder() {
        byte[] hopThenDestinationThenRouting = {
            60,
            0,
            1,
            4,
            0,
            0,
            0,
            0, // hop by hop
            43,
            1,
            1,
            12,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0, // destination options of 16 bytes
            51,
            0,
            4,
            0,
            0,
            0,
            0,
            0, // segment routing
            6,
            4,
            0,
            0,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0 // authentication of 24 bytes
        };
        byte[] frame = fromVm6()
                .extensions(0, hopThenDestinationThenRouting)
                .tcp(1, 22)
                .flags(PacketView.TCP_SYN)
                .build();

        assertThat(Frames.parse(frame, view)).isEqualTo(ParseResult.OK);
        assertThat(view.protocol).isEqualTo(PacketView.PROTOCOL_TCP);
        assertThat(view.destinationPort).isEqualTo(22);
        assertThat(view.transportLength).isEqualTo(20);
        assertThat(Checksums.isTransportValid(view)).isTrue();
    }

    @Test
    void shouldRefuseBadExtensionHeaders() {
        byte[] hopByHopSecond = {0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0};
        byte[] routingType0 = {6, 0, 0, 1, 0, 0, 0, 0};
        byte[] routingType0AtItsEnd = {6, 0, 0, 0, 0, 0, 0, 0};
        byte[] beyondTheEnd = {6, 100, 1, 4, 0, 0, 0, 0};
        byte[] endless = new byte[8 * (PacketParser.MAX_EXTENSION_HEADERS + 1)];
        Arrays.fill(endless, (byte) 0);
        for (int i = 0; i < endless.length; i += 8) {
            endless[i] = 60;
        }

        assertThat(Frames.parse(
                        fromVm6().extensions(60, hopByHopSecond).tcp(1, 2).build(), view))
                .isEqualTo(ParseResult.IPV6_BAD_EXTENSION_ORDER);
        assertThat(Frames.parse(fromVm6().extensions(43, routingType0).tcp(1, 2).build(), view))
                .isEqualTo(ParseResult.IPV6_ROUTING_TYPE_0);
        assertThat(Frames.parse(
                        fromVm6().extensions(43, routingType0AtItsEnd).tcp(1, 2).build(), view))
                .as("RFC 5095, 3: to be ignored")
                .isEqualTo(ParseResult.OK);
        assertThat(Frames.parse(fromVm6().extensions(60, beyondTheEnd).tcp(1, 2).build(), view))
                .isEqualTo(ParseResult.IPV6_EXTENSION_TRUNCATED);
        assertThat(Frames.parse(fromVm6().extensions(60, endless).tcp(1, 2).build(), view))
                .isEqualTo(ParseResult.IPV6_TOO_MANY_EXTENSIONS);
    }

    @Test
    void shouldTellFragmentsApart() {
        for (FrameBuilder frame : new FrameBuilder[] {fromVm(), fromVm6()}) {
            frame.udp(9, 53).payload(new byte[16]);
            assertThat(Frames.parse(frame.fragment(77, 0, true).build(), view)).isEqualTo(ParseResult.OK);
            assertThat(view.isFragment).isTrue();
            assertThat(view.isLaterFragment).isFalse();
            assertThat(view.destinationPort).isEqualTo(53);

            assertThat(Frames.parse(frame.fragment(77, 24, false).build(), view))
                    .isEqualTo(ParseResult.OK);
            assertThat(view.isLaterFragment).isTrue();
            assertThat(view.fragmentId).isEqualTo(77);
            assertThat(view.fragmentOffset).isEqualTo(24);
            assertThat(view.fragmentLength).isEqualTo(16);
            assertThat(view.hasMoreFragments).isFalse();
            assertThat(view.destinationPort).isZero();

            assertThat(Frames.parse(frame.fragment(77, 0, false).build(), view)).isEqualTo(ParseResult.OK);
            assertThat(view.isFragment).as("atomic").isFalse();

            assertThat(Frames.parse(frame.fragment(77, 65_528, false).build(), view))
                    .isEqualTo(ParseResult.FRAGMENT_BAD_LENGTH);
            assertThat(Frames.parse(
                            frame.payload(new byte[3]).fragment(77, 0, true).build(), view))
                    .isEqualTo(ParseResult.FRAGMENT_BAD_LENGTH);
        }
    }

    @Test
    void shouldRefuseATcpHeaderThatIsSplitOverFragments() {
        byte[] tiny =
                fromVm().protocol(47).fragment(1, 0, true).payload(new byte[8]).build();
        tiny[23] = PacketView.PROTOCOL_TCP;
        assertThat(Frames.parse(Frames.repaired(tiny), view)).isEqualTo(ParseResult.TCP_TRUNCATED);
    }

    @Test
    void shouldReadAFrameOfSegmentationOffload() {
        byte[] superFrame = fromVm().tcp(1, 2).payload(new byte[65_000]).build();
        assertThat(Frames.parse(superFrame, view)).isEqualTo(ParseResult.OK);
        assertThat(view.tcpPayloadLength).isEqualTo(65_000);
        assertThat(Frames.parse(fromVm6().tcp(1, 2).payload(new byte[65_000]).build(), view))
                .isEqualTo(ParseResult.OK);
        assertThat(view.tcpPayloadLength).isEqualTo(65_000);
    }

    @Test
    void shouldReadArp() {
        byte[] frame = FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER)
                .padTo(60)
                .build();
        assertThat(Frames.parse(frame, view)).isEqualTo(ParseResult.OK);
        assertThat(view.arpOperation).isEqualTo(1);
        assertThat(view.arpSenderMac).isEqualTo(Frames.VM_MAC.value());
        assertThat(view.arpSenderAddress).isEqualTo(0x0a00_0001);
        assertThat(view.arpTargetAddress).isEqualTo(0x0a00_0002);
    }

    @Test
    void shouldReadWhatAnIcmpErrorQuotesHoweverShort() {
        byte[] original = Frames.datagramOf(Frames.toVm()
                .tcp(443, 40_000)
                .sequence(99)
                .payload(new byte[500])
                .build());
        PacketView inner = new PacketView();
        byte[] eightBytes = Arrays.copyOf(original, 28);
        assertThat(Frames.parse(fromVm().icmp(3, 1, 0).payload(eightBytes).build(), view))
                .isEqualTo(ParseResult.OK);
        assertThat(view.isIcmpError()).isTrue();

        assertThat(PacketParser.parseQuoted(view, inner)).isEqualTo(ParseResult.OK);
        assertThat(inner.sourceLow).isEqualTo(0x0a00_0002L);
        assertThat(inner.sourcePort).isEqualTo(443);
        assertThat(inner.tcpSequence).isEqualTo(99);
        assertThat(inner.family).isEqualTo(IpFamily.IPV4);

        byte[] original6 = Frames.datagramOf(
                Frames.toVm6().udp(53, 4_000).payload(new byte[64]).build());
        assertThat(Frames.parse(
                        fromVm6()
                                .icmp(1, 4, 0)
                                .payload(Arrays.copyOf(original6, 48))
                                .build(),
                        view))
                .isEqualTo(ParseResult.OK);
        assertThat(PacketParser.parseQuoted(view, inner)).isEqualTo(ParseResult.OK);
        assertThat(inner.destinationPort).isEqualTo(4_000);

        assertThat(Frames.parse(fromVm().icmp(3, 1, 0).build(), view)).isEqualTo(ParseResult.OK);
        assertThat(PacketParser.parseQuoted(view, inner)).isEqualTo(ParseResult.IPV4_TRUNCATED);
    }

    @Test
    void shouldRefuseLengthsThatTheFrameDoesNotHold() {
        byte[] frame = fromVm().udp(1, 2).payload(new byte[8]).build();
        frame[17] += 1;
        assertThat(Frames.parse(frame, view)).isEqualTo(ParseResult.IPV4_BAD_TOTAL_LENGTH);

        byte[] frame6 = fromVm6().udp(1, 2).payload(new byte[8]).build();
        frame6[19] += 1;
        assertThat(Frames.parse(frame6, view)).isEqualTo(ParseResult.IPV6_BAD_PAYLOAD_LENGTH);

        byte[] udp = fromVm().udp(1, 2).payload(new byte[8]).build();
        udp[39] += 1;
        assertThat(Frames.parse(udp, view)).isEqualTo(ParseResult.UDP_BAD_LENGTH);

        byte[] tcp = fromVm().tcp(1, 2).build();
        tcp[46] = (byte) 0xf0;
        assertThat(Frames.parse(tcp, view)).isEqualTo(ParseResult.TCP_BAD_DATA_OFFSET);
    }

    @Test
    void shouldRefuseAWrongChecksumOfAnIpv4HeaderButNotInAQuote() {
        for (byte[] options : new byte[][] {{}, {1, 1, 1, 0}}) {
            byte[] frame = fromVm().ipOptions(options).udp(5, 53).build();
            frame[14 + 8]--;
            assertThat(Frames.parse(frame, view)).isEqualTo(ParseResult.IPV4_BAD_CHECKSUM);
        }
        byte[] quoted = Frames.datagramOf(Frames.toVm().udp(53, 5).build());
        quoted[8]--;
        PacketView error = Frames.parsed(fromVm().icmp(3, 3, 0).payload(quoted).build());
        assertThat(PacketParser.parseQuoted(error, view)).isEqualTo(ParseResult.OK);
    }
}
