package io.portcullis.datapath.packet;

import java.util.Locale;

/** What {@link PacketParser} says about a frame: {@link #OK}, or why it cannot be trusted and must be dropped. */
public enum ParseResult {
    /** Everything that the view promises is filled. */
    OK,
    /** Shorter than an Ethernet header, or than the tags it announces. */
    ETHERNET_TRUNCATED,
    /** More VLAN tags than {@link PacketParser#MAX_VLAN_TAGS}. */
    ETHERNET_TOO_MANY_TAGS,
    /** Sent from a group address. */
    ETHERNET_GROUP_SOURCE,
    ARP_TRUNCATED,
    /** Not Ethernet and IPv4, or wrong address lengths. */
    ARP_BAD_FORMAT,
    IPV4_TRUNCATED,
    IPV4_BAD_VERSION,
    /** Header length below 20 bytes or beyond the datagram. */
    IPV4_BAD_HEADER_LENGTH,
    /** Total length below the header length, or more than the frame holds. */
    IPV4_BAD_TOTAL_LENGTH,
    /** The header's checksum is wrong. */
    IPV4_BAD_CHECKSUM,
    IPV6_TRUNCATED,
    IPV6_BAD_VERSION,
    /** Payload length of more than the frame holds. */
    IPV6_BAD_PAYLOAD_LENGTH,
    /** An extension header runs beyond the datagram. */
    IPV6_EXTENSION_TRUNCATED,
    /** More extension headers than {@link PacketParser#MAX_EXTENSION_HEADERS}. */
    IPV6_TOO_MANY_EXTENSIONS,
    /** Hop-by-hop options elsewhere than right behind the IPv6 header (RFC 8200, 4.1), or a fragment of a fragment. */
    IPV6_BAD_EXTENSION_ORDER,
    /** Routing header of type 0 with segments left (RFC 5095). */
    IPV6_ROUTING_TYPE_0,
    /** Sent from a multicast or broadcast address. */
    IP_GROUP_SOURCE,
    /** Length no multiple of 8 though more follow, no payload, or beyond the largest datagram. */
    FRAGMENT_BAD_LENGTH,
    TCP_TRUNCATED,
    /** Data offset below 5 words or beyond the segment. */
    TCP_BAD_DATA_OFFSET,
    UDP_TRUNCATED,
    /** Length field below 8 or beyond the datagram. */
    UDP_BAD_LENGTH,
    ICMP_TRUNCATED,
    SCTP_TRUNCATED,
    /** Version 1 (RFC 2637, 4.1) with something else than PPP in it. */
    GRE_BAD_PROTOCOL;

    private final String counterName = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** Name in counters, for example {@code tcp-truncated}; stable. */
    public String counterName() {
        return counterName;
    }
}
