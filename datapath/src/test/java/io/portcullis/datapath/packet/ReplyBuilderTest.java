package io.portcullis.datapath.packet;

import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.MacAddress;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplyBuilderTest {
    private final Arena arena = Arena.ofConfined();
    private final Burst replies = new Burst(arena);
    private final PacketView reply = new PacketView();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void shouldAnswerASynWithResetThatAcknowledgesIt() {
        for (FrameBuilder frame : new FrameBuilder[] {fromVm(), fromVm6()}) {
            answer(frame.tcp(40_000, 443)
                    .sequence(-1)
                    .flags(PacketView.TCP_SYN)
                    .payload(new byte[10])
                    .vlan(7));

            assertThat(reply.vlan).isEqualTo(-1);
            assertThat(reply.sourceMac).isEqualTo(Frames.PEER_MAC.value());
            assertThat(reply.destinationMac).isEqualTo(Frames.VM_MAC.value());
            assertThat(reply.sourcePort).isEqualTo(443);
            assertThat(reply.destinationPort).isEqualTo(40_000);
            assertThat(reply.tcpFlags).isEqualTo(PacketView.TCP_RST | PacketView.TCP_ACK);
            assertThat(reply.tcpSequence).isZero();
            assertThat(reply.tcpAcknowledgement).isEqualTo(10);
        }
    }

    @Test
    void shouldAnswerAnAckWithResetAtItsAcknowledgement() {
        answer(fromVm().tcp(40_000, 443).sequence(5).acknowledgement(77).flags(PacketView.TCP_ACK));
        assertThat(reply.tcpFlags).isEqualTo(PacketView.TCP_RST);
        assertThat(reply.tcpSequence).isEqualTo(77);
        assertThat(reply.tcpAcknowledgement).isZero();
    }

    @Test
    void shouldResetTheReceiverInTheSendersName() {
        PacketView packet = Frames.parsed(fromVm6()
                .tcp(40_000, 443)
                .sequence(5)
                .acknowledgement(77)
                .flags(PacketView.TCP_ACK)
                .build());
        assertThat(ReplyBuilder.resetReceiver(packet, 5, replies)).isTrue();
        readReply();
        assertThat(reply.sourceMac).isEqualTo(Frames.VM_MAC.value());
        assertThat(reply.destinationLow).isEqualTo(2);
        assertThat(reply.sourcePort).isEqualTo(40_000);
        assertThat(reply.tcpSequence).isEqualTo(5);
        assertThat(reply.tcpAcknowledgement).isEqualTo(77);
        assertThat(reply.tcpFlags).isEqualTo(PacketView.TCP_RST | PacketView.TCP_ACK);
    }

    @Test
    void shouldAnswerUdpWithPortUnreachableThatQuotesIt() {
        answer(fromVm().udp(4_000, 53).payload(new byte[2_000]));
        assertThat(reply.icmpType).isEqualTo(3);
        assertThat(reply.icmpCode).isEqualTo(3);
        assertThat(reply.ipLength).isEqualTo(576);
        assertThat(reply.sourceLow).isEqualTo(0x0a00_0002L);
        PacketView quoted = new PacketView();
        assertThat(PacketParser.parseQuoted(reply, quoted)).isEqualTo(ParseResult.OK);
        assertThat(quoted.sourcePort).isEqualTo(4_000);

        answer(fromVm6().udp(4_000, 53).payload(new byte[2_000]));
        assertThat(reply.icmpType).isEqualTo(1);
        assertThat(reply.icmpCode).isEqualTo(4);
        assertThat(reply.ipLength).isEqualTo(1_280);
        assertThat(PacketParser.parseQuoted(reply, quoted)).isEqualTo(ParseResult.OK);
        assertThat(quoted.sourcePort).isEqualTo(4_000);
    }

    @Test
    void shouldAnswerAllElseWithAdministrativelyProhibited() {
        answer(fromVm().echoRequest(1, 1).payload(new byte[5]));
        assertThat(reply.icmpType).isEqualTo(3);
        assertThat(reply.icmpCode).isEqualTo(13);
        answer(fromVm6().protocol(47).payload(new byte[5]));
        assertThat(reply.icmpType).isEqualTo(1);
        assertThat(reply.icmpCode).isEqualTo(1);
    }

    @Test
    void shouldNeverAnswerWhatTheRfcsForbid() {
        MacAddress group = MacAddress.parse("01:00:5e:00:00:01");
        InetAddress multicast = InetAddress.ofLiteral("224.0.0.1");
        InetAddress multicast6 = InetAddress.ofLiteral("ff02::1");
        byte[] quote = Frames.datagramOf(Frames.toVm().udp(1, 2).build());
        assertUnanswered(fromVm().tcp(1, 2).flags(PacketView.TCP_RST));
        assertUnanswered(fromVm().tcp(1, 2).flags(PacketView.TCP_RST | PacketView.TCP_ACK));
        assertUnanswered(fromVm().icmp(3, 1, 0).payload(quote));
        assertUnanswered(fromVm().icmp(5, 1, 0).payload(quote));
        assertUnanswered(fromVm6().icmp(2, 0, 1_280).payload(new byte[48]));
        assertUnanswered(FrameBuilder.frame(Frames.VM_MAC, MacAddress.BROADCAST)
                .ip(Frames.VM, Frames.PEER)
                .udp(1, 2));
        assertUnanswered(FrameBuilder.frame(Frames.VM_MAC, group)
                .ip(Frames.VM, multicast)
                .udp(1, 2));
        assertUnanswered(FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                .ip(Frames.VM, multicast)
                .udp(1, 2));
        assertUnanswered(FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                .ip(Frames.VM6, multicast6)
                .udp(1, 2));
        assertUnanswered(FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                .ip(InetAddress.ofLiteral("0.0.0.0"), Frames.PEER)
                .udp(68, 67));
        assertUnanswered(FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                .ip(InetAddress.ofLiteral("::"), Frames.PEER6)
                .udp(68, 67));
        assertUnanswered(fromVm().fragment(1, 8, false).udp(1, 2).payload(new byte[8]));
        assertUnanswered(FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER));
    }

    private void answer(FrameBuilder frame) {
        assertThat(ReplyBuilder.reject(Frames.parsed(frame.build()), replies)).isTrue();
        readReply();
    }

    private void readReply() {
        int last = replies.count() - 1;
        assertThat(PacketParser.parse(replies.memory(), replies.offset(last), replies.length(last), reply))
                .isEqualTo(ParseResult.OK);
        assertThat(Checksums.isIpHeaderValid(reply)).isTrue();
        assertThat(Checksums.isTransportValid(reply)).isTrue();
        for (int i = 1; i <= Burst.VNET_HEADER_BYTES; i++) {
            assertThat(Wire.u8(replies.memory(), replies.offset(last) - i)).isZero();
        }
    }

    private void assertUnanswered(FrameBuilder frame) {
        int before = replies.count();
        assertThat(ReplyBuilder.reject(Frames.parsed(frame.build()), replies)).isFalse();
        assertThat(replies.count()).isEqualTo(before);
    }
}
