package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;

/**
 * Canonical key of a connection: both ends ordered by address, then port, so that both directions have the same key, and
 * apart from it which end sent the packet. A flyweight of one thread.
 *
 * <p>ICMP questions have a port too: the identifier at the end that asked, the code at the other, and type and asking end
 * in the key, because two hosts may ask each other with the same identifier.
 */
final class FlowKey {
    private static final int ICMP_ECHO_REPLY = 0;
    private static final int ICMP_ECHO = 8;
    private static final int ICMPV6_ECHO = 128;
    private static final int ICMPV6_ECHO_REPLY = 129;

    long lowerHigh;
    long lowerLow;
    long upperHigh;
    long upperLow;
    /** lower port 16 | upper port 16 | protocol 8 | family 8 (4 or 6) | ICMP type of the question 8 | lower end asked 8. */
    long meta;
    /** Whether the lower end sent the packet. */
    boolean isFromLower;
    /** Whether the packet may open a connection as far as the key can tell: no ICMP answer. */
    boolean mayOpen;

    /**
     * Takes the key of an IP packet that is no later fragment.
     *
     * @return false if the packet has none: ICMP that is neither question nor answer
     */
    boolean set(PacketView packet) {
        int sourcePort = packet.sourcePort;
        int destinationPort = packet.destinationPort;
        int questionType = 0;
        boolean isQuestion = true;
        if (packet.isIcmp()) {
            questionType = questionType(packet);
            if (questionType < 0) {
                return false;
            }
            isQuestion = questionType == packet.icmpType;
            sourcePort = isQuestion ? packet.sourcePort : packet.icmpCode;
            destinationPort = isQuestion ? packet.icmpCode : packet.sourcePort;
        }
        mayOpen = isQuestion;
        int order = compare(packet, sourcePort, destinationPort);
        isFromLower = order < 0 || (order == 0 && isQuestion);
        int lowerPort;
        int upperPort;
        if (isFromLower) {
            lowerHigh = packet.sourceHigh;
            lowerLow = packet.sourceLow;
            upperHigh = packet.destinationHigh;
            upperLow = packet.destinationLow;
            lowerPort = sourcePort;
            upperPort = destinationPort;
        } else {
            lowerHigh = packet.destinationHigh;
            lowerLow = packet.destinationLow;
            upperHigh = packet.sourceHigh;
            upperLow = packet.sourceLow;
            lowerPort = destinationPort;
            upperPort = sourcePort;
        }
        int lowerAsked = packet.isIcmp() && isQuestion == isFromLower ? 1 : 0;
        meta = (long) lowerPort << 48
                | (long) upperPort << 32
                | (long) packet.protocol << 24
                | (packet.family == IpFamily.IPV6 ? 6L : 4L) << 16
                | (long) questionType << 8
                | lowerAsked;
        return true;
    }

    /** ICMP type of the question that this packet is or answers, or -1. */
    private static int questionType(PacketView packet) {
        int type = packet.icmpType;
        if (packet.protocol == PacketView.PROTOCOL_ICMPV6) {
            return type == ICMPV6_ECHO || type == ICMPV6_ECHO_REPLY ? ICMPV6_ECHO : -1;
        }
        return switch (type) {
            case ICMP_ECHO, ICMP_ECHO_REPLY -> ICMP_ECHO;
            // timestamp, information, address mask: question and answer in turn
            case 13, 14 -> 13;
            case 15, 16 -> 15;
            case 17, 18 -> 17;
            default -> -1;
        };
    }

    private static int compare(PacketView packet, int sourcePort, int destinationPort) {
        int order = Long.compareUnsigned(packet.sourceHigh, packet.destinationHigh);
        if (order == 0) {
            order = Long.compareUnsigned(packet.sourceLow, packet.destinationLow);
        }
        return order != 0 ? order : Integer.compare(sourcePort, destinationPort);
    }

    static int lowerPort(long meta) {
        return (int) (meta >>> 48) & 0xffff;
    }

    static int upperPort(long meta) {
        return (int) (meta >>> 32) & 0xffff;
    }

    static int protocol(long meta) {
        return (int) (meta >>> 24) & 0xff;
    }

    static boolean isIpv6(long meta) {
        return (meta >>> 16 & 0xff) == 6;
    }

    static int questionType(long meta) {
        return (int) (meta >>> 8) & 0xff;
    }

    static boolean isIcmp(long meta) {
        return protocol(meta) == (isIpv6(meta) ? PacketView.PROTOCOL_ICMPV6 : PacketView.PROTOCOL_ICMP);
    }
}
