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
    /** By code; 0: no ICMP. */
    private static final int[] QUESTIONS = {0, ICMP_ECHO, 13, 15, 17, ICMPV6_ECHO, 0, 0};

    static final long WORD_MASK = 0xffff_ffff_ffffL;
    static final int PROTOCOL_SHIFT = 32;
    static final int KIND_SHIFT = 40;
    static final int IPV6 = 1;
    static final int IPV6_ADDRESS_BYTES = 16;
    private static final int QUESTION_SHIFT = 1;
    private static final int LOWER_ASKED = 16;

    /** For IPv6; 0 for IPv4. */
    long lowerHigh;

    long lowerLow;
    long upperHigh;
    long upperLow;
    /**
     * 48 bits: ports 32 (lower port first), protocol 8, IPv6 1, ICMP question 3, lower end asked 1. With the addresses the
     * whole key.
     */
    long word;
    /** Whether the lower end sent the packet. */
    boolean isFromLower;
    /** Whether the packet may open a connection as far as the key can tell: no ICMP answer. */
    boolean mayOpen;

    /**
     * Takes the key of an IP packet that is no later fragment.
     *
     * @return false if the packet has none: ICMP that is neither question nor answer, IPv6 that says that it carries nothing
     */
    boolean set(PacketView packet) {
        int sourcePort = packet.sourcePort;
        int destinationPort = packet.destinationPort;
        int questionType = 0;
        boolean isQuestion = true;
        if (packet.protocol == PacketView.PROTOCOL_NONE && packet.family == IpFamily.IPV6) {
            return false;
        }
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
        int lowerAsked = packet.isIcmp() && isQuestion == isFromLower ? LOWER_ASKED : 0;
        int family = packet.family == IpFamily.IPV6 ? IPV6 : 0;
        word = (long) (family | questionCode(questionType) << QUESTION_SHIFT | lowerAsked) << KIND_SHIFT
                | (long) packet.protocol << PROTOCOL_SHIFT
                | (long) lowerPort << 16
                | upperPort;
        return true;
    }

    /** As {@link #set}, of a TCP segment or UDP datagram of which the rest is known. */
    void set(PacketView packet, long newWord, boolean isSenderLower) {
        word = newWord;
        isFromLower = isSenderLower;
        mayOpen = true;
        lowerHigh = isSenderLower ? packet.sourceHigh : packet.destinationHigh;
        lowerLow = isSenderLower ? packet.sourceLow : packet.destinationLow;
        upperHigh = isSenderLower ? packet.destinationHigh : packet.sourceHigh;
        upperLow = isSenderLower ? packet.destinationLow : packet.sourceLow;
    }

    boolean isIpv6() {
        return isIpv6(word);
    }

    /** Both addresses of an IPv4 key, the lower one in the upper half. */
    long addresses() {
        return lowerLow << 32 | upperLow;
    }

    /** Of the whole key. */
    long hash(KeyHash hash) {
        return isIpv6() ? hash.of(lowerHigh, lowerLow, upperHigh, upperLow, word) : hash.of(addresses(), word);
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

    static int lowerPort(long word) {
        return (int) (word >>> 16) & 0xffff;
    }

    static int upperPort(long word) {
        return (int) word & 0xffff;
    }

    static int protocol(long word) {
        return (int) (word >>> PROTOCOL_SHIFT) & 0xff;
    }

    static boolean isIpv6(long word) {
        return (word >>> KIND_SHIFT & IPV6) != 0;
    }

    /** ICMP type of the question, 0 for all other protocols. */
    static int questionType(long word) {
        return QUESTIONS[(int) (word >>> (KIND_SHIFT + QUESTION_SHIFT)) & 7];
    }

    static boolean isIcmp(long word) {
        return protocol(word) == (isIpv6(word) ? PacketView.PROTOCOL_ICMPV6 : PacketView.PROTOCOL_ICMP);
    }

    /** Whether {@link #set} could have made this word; for what comes from elsewhere. */
    static boolean isSound(long word) {
        int question = questionType(word);
        boolean isAsked = isIcmp(word)
                ? question != 0 && (question == ICMPV6_ECHO) == isIpv6(word)
                : (word >>> KIND_SHIFT & ~IPV6) == 0;
        return word >>> (KIND_SHIFT + 5) == 0 && isAsked;
    }

    private static int questionCode(int type) {
        for (int code = 0; code < QUESTIONS.length; code++) {
            if (QUESTIONS[code] == type) {
                return code;
            }
        }
        throw new IllegalArgumentException("no ICMP question: " + type);
    }
}
