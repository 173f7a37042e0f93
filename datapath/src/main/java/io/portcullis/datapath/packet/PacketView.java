package io.portcullis.datapath.packet;

import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What {@link PacketParser} found in one frame: a flyweight that is filled again for each packet and owned by one thread.
 * Offsets are absolute in {@link #memory}. A field says something only about frames that have it (the comments say which); elsewhere it
 * holds what an earlier frame left. Fields are public because every stage of the pipeline reads them per packet.
 */
public final class PacketView {
    public static final int PROTOCOL_ICMP = 1;
    public static final int PROTOCOL_TCP = 6;
    public static final int PROTOCOL_UDP = 17;
    public static final int PROTOCOL_GRE = 47;
    public static final int PROTOCOL_ICMPV6 = 58;
    /** IPv6: no next header (RFC 8200, 4.7). */
    public static final int PROTOCOL_NONE = 59;

    public static final int PROTOCOL_SCTP = 132;

    public static final int TCP_FIN = 0x01;
    public static final int TCP_SYN = 0x02;
    public static final int TCP_RST = 0x04;
    public static final int TCP_PSH = 0x08;
    public static final int TCP_ACK = 0x10;
    public static final int TCP_URG = 0x20;

    public MemorySegment memory = MemorySegment.NULL;
    /** Ethernet header. */
    public int frameOffset;
    /** Bytes from the Ethernet header on. */
    public int frameLength;

    public long sourceMac;
    public long destinationMac;
    /** Ethertype behind all VLAN tags. */
    public int etherType;
    /** Outermost VLAN id or -1. */
    public int vlan;

    /** IPV4 or IPV6; null for a frame that is not IP. */
    public @Nullable IpFamily family;

    public int ipOffset;
    /** Bytes of the IP datagram with its header, as its length field says; padding of the frame excluded. */
    public int ipLength;
    /** TTL or hop limit. */
    public int hopLimit;
    /** Source address as unsigned 128 bits; IPv4 in the low 32 bits of {@code sourceLow}. */
    public long sourceHigh;

    public long sourceLow;
    public long destinationHigh;
    public long destinationLow;
    /** Protocol number of the transport header, behind all IPv6 extension headers. */
    public int protocol;
    /** Transport header; valid unless {@link #isLaterFragment}. */
    public int transportOffset;
    /** Bytes from the transport header to the end of the IP datagram (not of the frame: padding excluded). */
    public int transportLength;

    /** Part of a datagram. IPv6 atomic fragments (offset 0, no more: RFC 6946) count as whole. */
    public boolean isFragment;
    /** A fragment with an offset above 0: it has no transport header. */
    public boolean isLaterFragment;
    /** Valid when {@link #isFragment}: 16 bits in IPv4, 32 in IPv6. */
    public int fragmentId;
    /** Offset of this fragment's payload in the datagram's, in bytes. */
    public int fragmentOffset;

    /** Bytes of the datagram's payload that this fragment holds; IPv6 extension headers behind the fragment header count. */
    public int fragmentLength;

    public boolean hasMoreFragments;

    /** TCP, UDP: source port. ICMP echo and the like: identifier. Else 0. */
    public int sourcePort;
    /** TCP, UDP: destination port. ICMP echo and the like: identifier. Else 0. */
    public int destinationPort;

    /** TCP only, like all that begins with {@code tcp}. */
    public int tcpFlags;
    /** Unsigned 32 bits. */
    public int tcpSequence;

    public int tcpAcknowledgement;
    /** As on the wire, not scaled. */
    public int tcpWindow;
    /** Bytes of payload behind the TCP header. A segmentation-offload frame counts whole. */
    public int tcpPayloadLength;
    /** TCP options; valid when {@link #tcpOptionsLength} is above 0. */
    public int tcpOptionsOffset;

    public int tcpOptionsLength;

    /** ICMP only, else 0 in what is neither TCP, UDP nor SCTP. */
    public int icmpType;

    public int icmpCode;

    /** Valid when {@link #etherType} is ARP. */
    public int arpOperation;

    public long arpSenderMac;
    /** IPv4 address. */
    public int arpSenderAddress;

    public int arpTargetAddress;

    public boolean isTcp() {
        return protocol == PROTOCOL_TCP;
    }

    public boolean hasTcpFlag(int flag) {
        return (tcpFlags & flag) != 0;
    }

    public boolean isSctp() {
        return protocol == PROTOCOL_SCTP;
    }

    public boolean isUdp() {
        return protocol == PROTOCOL_UDP;
    }

    /** ICMP over IPv4, or ICMPv6 over IPv6. */
    public boolean isIcmp() {
        return (protocol == PROTOCOL_ICMP && family == IpFamily.IPV4)
                || (protocol == PROTOCOL_ICMPV6 && family == IpFamily.IPV6);
    }

    /** An ICMP message that quotes the packet it is about (RFC 792: 3, 4, 5, 11, 12; RFC 4443: below 128). */
    public boolean isIcmpError() {
        if (isLaterFragment || !isIcmp()) {
            return false;
        }
        return protocol == PROTOCOL_ICMPV6
                ? icmpType < 128
                : (icmpType >= 3 && icmpType <= 5) || icmpType == 11 || icmpType == 12;
    }

    /** Neighbour discovery: router and neighbour solicitation and advertisement, redirect (RFC 4861). */
    public boolean isNeighbourDiscovery() {
        return protocol == PROTOCOL_ICMPV6
                && family == IpFamily.IPV6
                && !isLaterFragment
                && icmpType >= 133
                && icmpType <= 137;
    }

    /**
     * Multicast listener discovery that did not cross a router (RFC 2710, 3810: hop limit 1): a host's report or leave, or, if
     * {@code queries}, a router's question.
     */
    public boolean isListenerDiscovery(boolean queries) {
        if (protocol != PROTOCOL_ICMPV6 || family != IpFamily.IPV6 || isFragment || hopLimit != 1) {
            return false;
        }
        return icmpType == 131 || icmpType == 132 || icmpType == 143 || (queries && icmpType == 130);
    }

    /** Whether the Ethernet destination has the group bit. */
    public boolean isGroupFrame() {
        return (destinationMac >>> 40 & 1) != 0;
    }
}
