package io.portcullis.replay.conformance;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** First packets and their replies as frames that an engine takes for what they are. */
final class ProbeFrames {
    private static final int SEQUENCE = 1_000;
    private static final int REPLY_SEQUENCE = 5_000;
    private static final byte[] DATA = new byte[8];
    /** RFC 9260, 3.3: an INIT asks to be answered by its tag. */
    private static final int SCTP_TAG = 0x0102_0304;

    private static final int SCTP_REPLY_TAG = 0x0506_0708;
    private static final int SCTP_INIT = 1;
    private static final int SCTP_INIT_ACK = 2;

    private ProbeFrames() {}

    /** @param number tells echo requests of the same ends apart */
    static FrameBuilder first(FirstPacket packet, int number) {
        Datagram datagram = packet.datagram();
        FrameBuilder frame = FrameBuilder.frame(packet.sourceMac(), packet.destinationMac());
        if (datagram == null) {
            return frame.etherType(packet.etherType()).payload(new byte[46]);
        }
        frame.ip(datagram.source(), datagram.destination());
        int from = datagram.sourcePort();
        int to = datagram.destinationPort();
        return switch (datagram.protocol()) {
            case PacketView.PROTOCOL_TCP ->
                frame.tcp(from, to).flags(datagram.tcpFlags()).sequence(SEQUENCE);
            case PacketView.PROTOCOL_UDP -> frame.udp(from, to).payload(DATA);
            case PacketView.PROTOCOL_SCTP ->
                frame.protocol(PacketView.PROTOCOL_SCTP).payload(sctp(from, to, 0, SCTP_INIT, SCTP_TAG));
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                frame.icmp(datagram.icmpType(), datagram.icmpCode(), number << 16 | 1);
            default -> frame.protocol(datagram.protocol()).payload(DATA);
        };
    }

    /** What the receiver answers; of an echo request the reply. */
    static FrameBuilder reply(FirstPacket packet, int number) {
        FirstPacket back = backwards(packet);
        Datagram datagram = datagram(back);
        FrameBuilder frame = FrameBuilder.frame(back.sourceMac(), back.destinationMac())
                .ip(datagram.source(), datagram.destination());
        int from = datagram.sourcePort();
        int to = datagram.destinationPort();
        return switch (datagram.protocol()) {
            case PacketView.PROTOCOL_TCP ->
                frame.tcp(from, to)
                        .flags(datagram.tcpFlags())
                        .sequence(REPLY_SEQUENCE)
                        .acknowledgement(SEQUENCE + 1);
            case PacketView.PROTOCOL_UDP -> frame.udp(from, to).payload(DATA);
            case PacketView.PROTOCOL_SCTP ->
                frame.protocol(PacketView.PROTOCOL_SCTP)
                        .payload(sctp(from, to, SCTP_TAG, SCTP_INIT_ACK, SCTP_REPLY_TAG));
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                frame.icmp(datagram.icmpType(), datagram.icmpCode(), number << 16 | 1);
            default -> frame.protocol(datagram.protocol()).payload(DATA);
        };
    }

    /** The reply as rules of category ETHERNET, which judge every frame by itself, see it. */
    static FirstPacket backwards(FirstPacket packet) {
        Datagram datagram = datagram(packet);
        boolean isEcho = datagram.icmpType() >= 0;
        int replyType = datagram.family() == IpFamily.IPV4 ? 0 : 129;
        return FirstPacket.of(new Datagram(
                        datagram.destination(),
                        datagram.source(),
                        datagram.protocol(),
                        datagram.destinationPort(),
                        datagram.sourcePort(),
                        isEcho ? replyType : -1,
                        datagram.icmpCode(),
                        datagram.protocol() == PacketView.PROTOCOL_TCP ? PacketView.TCP_SYN | PacketView.TCP_ACK : 0))
                .withMacs(packet.destinationMac(), packet.sourceMac());
    }

    /** Where a frame for this address goes: to the group that is meant, or to its owner. */
    static MacAddress destinationMac(InetAddress destination, MacAddress owner) {
        MacAddress group = MacAddress.ofGroup(destination);
        return group == null ? owner : group;
    }

    private static Datagram datagram(FirstPacket packet) {
        Datagram datagram = packet.datagram();
        if (datagram == null) {
            throw new IllegalArgumentException("only IP is answered");
        }
        return datagram;
    }

    private static byte[] sctp(int from, int to, int tag, int chunkType, int initiateTag) {
        return ByteBuffer.allocate(32)
                .putShort((short) from)
                .putShort((short) to)
                .putInt(tag)
                .putInt(0)
                .put((byte) chunkType)
                .put((byte) 0)
                .putShort((short) 20)
                .putInt(initiateTag)
                .putInt(65_536)
                .putShort((short) 1)
                .putShort((short) 1)
                .putInt(1)
                .array();
    }
}
