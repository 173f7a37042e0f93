package io.portcullis.datapath.packet;

import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;

/**
 * Writes the frames that a firewall itself sends: TCP RST (RFC 9293, 3.10.7.1) and ICMP or ICMPv6 destination unreachable
 * (RFC 792, 1122, 1812, 4443). Frames are untagged, complete with all checksums, and have an empty virtio-net header;
 * the answered frame may be a segmentation-offload frame with open checksums. Stateless, no allocation.
 */
public final class ReplyBuilder {
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int TCP_BYTES = 20;
    private static final int ICMP_BYTES = 8;
    /** RFC 1812, 4.3.2.3: an ICMP error is at most 576 bytes long. */
    private static final int MAX_IPV4_ERROR_BYTES = 576;
    /** RFC 4443, 2.4 (c): not longer than the least MTU of IPv6. */
    private static final int MAX_IPV6_ERROR_BYTES = 1_280;

    private static final int HOP_LIMIT = 64;

    private static final int UNREACHABLE_V4 = 3;
    private static final int PORT_UNREACHABLE_V4 = 3;
    private static final int PROHIBITED_V4 = 13;
    private static final int UNREACHABLE_V6 = 1;
    private static final int PORT_UNREACHABLE_V6 = 4;
    private static final int PROHIBITED_V6 = 1;

    private ReplyBuilder() {}

    /**
     * Answers a refused packet in its receiver's name: TCP with RST, UDP with port unreachable, all else with
     * administratively prohibited.
     *
     * @return false if it must not be answered (see {@link #mayAnswer}) or the burst has no room
     */
    public static boolean reject(PacketView refused, Burst replies) {
        if (!mayAnswer(refused) || !replies.hasRoom()) {
            return false;
        }
        if (refused.isTcp()) {
            answerWithReset(refused, replies);
        } else {
            unreachable(refused, replies);
        }
        return true;
    }

    /**
     * Ends a live TCP connection towards the receiver of {@code packet}, in its sender's name.
     *
     * @param sequence what the receiver expects next (RFC 5961: it ignores any other)
     * @return false if it is no TCP, is itself a RST or group traffic, or there is no room
     */
    public static boolean resetReceiver(PacketView packet, int sequence, Burst replies) {
        if (!packet.isTcp() || !mayAnswer(packet) || !replies.hasRoom()) {
            return false;
        }
        boolean hasAck = packet.hasTcpFlag(PacketView.TCP_ACK);
        int start = begin(packet, false, TCP_BYTES, PacketView.PROTOCOL_TCP, replies);
        writeReset(
                packet,
                replies.memory(),
                start,
                false,
                sequence,
                hasAck ? packet.tcpAcknowledgement : 0,
                PacketView.TCP_RST | (hasAck ? PacketView.TCP_ACK : 0));
        commit(replies, start + TCP_BYTES);
        return true;
    }

    /**
     * Whether any RFC forbids an answer: never to a RST, an ICMP error or redirect, a later fragment, a group frame or
     * address, or a sender that is not one host (RFC 1122, 3.2.2; RFC 4443, 2.4 (e)).
     */
    public static boolean mayAnswer(PacketView packet) {
        if (packet.family == null || packet.isGroupFrame() || packet.isLaterFragment) {
            return false;
        }
        if (packet.isTcp() && packet.hasTcpFlag(PacketView.TCP_RST)) {
            return false;
        }
        if (packet.isIcmpError() || packet.isNeighbourDiscovery()) {
            return false;
        }
        if (packet.family == IpFamily.IPV6) {
            boolean isUnspecified = packet.sourceHigh == 0 && packet.sourceLow == 0;
            return !isUnspecified && packet.destinationHigh >>> 56 != 0xff;
        }
        // 224.0.0.0/4, 240.0.0.0/4 and the limited broadcast; 0.0.0.0/8 and loopback are nobody on the wire
        return packet.destinationLow >>> 28 < 14
                && packet.sourceLow >>> 28 < 14
                && packet.sourceLow >>> 24 != 0
                && packet.sourceLow >>> 24 != 127;
    }

    private static void answerWithReset(PacketView refused, Burst replies) {
        int start = begin(refused, true, TCP_BYTES, PacketView.PROTOCOL_TCP, replies);
        if (refused.hasTcpFlag(PacketView.TCP_ACK)) {
            writeReset(refused, replies.memory(), start, true, refused.tcpAcknowledgement, 0, PacketView.TCP_RST);
        } else {
            int length = refused.tcpPayloadLength
                    + (refused.hasTcpFlag(PacketView.TCP_SYN) ? 1 : 0)
                    + (refused.hasTcpFlag(PacketView.TCP_FIN) ? 1 : 0);
            writeReset(
                    refused,
                    replies.memory(),
                    start,
                    true,
                    0,
                    refused.tcpSequence + length,
                    PacketView.TCP_RST | PacketView.TCP_ACK);
        }
        commit(replies, start + TCP_BYTES);
    }

    private static void writeReset(
            PacketView packet,
            MemorySegment memory,
            int start,
            boolean toSender,
            int sequence,
            int acknowledgement,
            int flags) {
        Wire.put16(memory, start, toSender ? packet.destinationPort : packet.sourcePort);
        Wire.put16(memory, start + 2L, toSender ? packet.sourcePort : packet.destinationPort);
        Wire.put32(memory, start + 4L, sequence);
        Wire.put32(memory, start + 8L, acknowledgement);
        Wire.put8(memory, start + 12L, TCP_BYTES >> 2 << 4);
        Wire.put8(memory, start + 13L, flags);
        Wire.put16(memory, start + 14L, 0);
        Wire.put32(memory, start + 16L, 0);
        long sum = pseudoHeader(packet, PacketView.PROTOCOL_TCP, TCP_BYTES);
        Wire.put16(memory, start + 16L, Checksums.finish(sum + Checksums.sum(memory, start, TCP_BYTES)));
    }

    private static void unreachable(PacketView refused, Burst replies) {
        boolean isIpv6 = refused.family == IpFamily.IPV6;
        int limit = isIpv6
                ? MAX_IPV6_ERROR_BYTES - IPV6_BYTES - ICMP_BYTES
                : MAX_IPV4_ERROR_BYTES - IPV4_BYTES - ICMP_BYTES;
        int quoted = Math.min(refused.ipLength, limit);
        int length = ICMP_BYTES + quoted;
        int protocol = isIpv6 ? PacketView.PROTOCOL_ICMPV6 : PacketView.PROTOCOL_ICMP;
        int start = begin(refused, true, length, protocol, replies);
        MemorySegment memory = replies.memory();
        if (isIpv6) {
            Wire.put8(memory, start, UNREACHABLE_V6);
            Wire.put8(memory, start + 1L, refused.isUdp() ? PORT_UNREACHABLE_V6 : PROHIBITED_V6);
        } else {
            Wire.put8(memory, start, UNREACHABLE_V4);
            Wire.put8(memory, start + 1L, refused.isUdp() ? PORT_UNREACHABLE_V4 : PROHIBITED_V4);
        }
        Wire.put16(memory, start + 2L, 0);
        Wire.put32(memory, start + 4L, 0);
        MemorySegment.copy(refused.memory, refused.ipOffset, memory, start + ICMP_BYTES, quoted);
        long sum = Checksums.sum(memory, start, length) + (isIpv6 ? pseudoHeader(refused, protocol, length) : 0);
        Wire.put16(memory, start + 2L, Checksums.finish(sum));
        commit(replies, start + length);
    }

    /** Writes virtio-net, Ethernet and IP header; returns where the transport header belongs. */
    private static int begin(PacketView packet, boolean toSender, int payloadLength, int protocol, Burst replies) {
        MemorySegment memory = replies.memory();
        int frame = replies.nextOffset();
        for (int i = 1; i <= Burst.VNET_HEADER_BYTES; i++) {
            Wire.put8(memory, (long) frame - i, 0);
        }
        Wire.put48(memory, frame, toSender ? packet.sourceMac : packet.destinationMac);
        Wire.put48(memory, frame + 6L, toSender ? packet.destinationMac : packet.sourceMac);
        int ip = frame + PacketParser.ETHERNET_BYTES;
        if (packet.family == IpFamily.IPV6) {
            Wire.put16(memory, frame + 12L, EtherTypes.IPV6);
            Wire.put32(memory, ip, 6 << 28);
            Wire.put16(memory, ip + 4L, payloadLength);
            Wire.put8(memory, ip + 6L, protocol);
            Wire.put8(memory, ip + 7L, HOP_LIMIT);
            Wire.put64(memory, ip + 8L, toSender ? packet.destinationHigh : packet.sourceHigh);
            Wire.put64(memory, ip + 16L, toSender ? packet.destinationLow : packet.sourceLow);
            Wire.put64(memory, ip + 24L, toSender ? packet.sourceHigh : packet.destinationHigh);
            Wire.put64(memory, ip + 32L, toSender ? packet.sourceLow : packet.destinationLow);
            return ip + IPV6_BYTES;
        }
        Wire.put16(memory, frame + 12L, EtherTypes.IPV4);
        Wire.put16(memory, ip, 0x4500);
        Wire.put16(memory, ip + 2L, IPV4_BYTES + payloadLength);
        // id 0 and "don't fragment": an atomic datagram (RFC 6864)
        Wire.put32(memory, ip + 4L, 0x4000);
        Wire.put8(memory, ip + 8L, HOP_LIMIT);
        Wire.put8(memory, ip + 9L, protocol);
        Wire.put16(memory, ip + 10L, 0);
        Wire.put32(memory, ip + 12L, (int) (toSender ? packet.destinationLow : packet.sourceLow));
        Wire.put32(memory, ip + 16L, (int) (toSender ? packet.sourceLow : packet.destinationLow));
        Wire.put16(memory, ip + 10L, Checksums.finish(Checksums.sum(memory, ip, IPV4_BYTES)));
        return ip + IPV4_BYTES;
    }

    private static long pseudoHeader(PacketView packet, int protocol, int length) {
        return Checksums.pseudoHeader(
                packet.sourceHigh, packet.sourceLow, packet.destinationHigh, packet.destinationLow, protocol, length);
    }

    private static void commit(Burst replies, int end) {
        replies.commit(end - replies.nextOffset());
    }
}
