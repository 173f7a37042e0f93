package io.portcullis.datapath.packet;

import java.lang.foreign.MemorySegment;

/**
 * Fills a {@link PacketView} from one frame. Stateless, no allocation, for any thread (each with its own view). Reads
 * nothing outside the given bytes and throws for no content: whatever cannot be trusted is a typed {@link ParseResult}.
 * The checksum of an IPv4 header must be right, because nobody offloads it; those of transport headers are not looked at
 * ({@link Checksums}).
 *
 * <p>Follows RFC 791, 792, 826, 4443, 7112, 8200, 9293; IEEE 802.1Q. Payload that belongs to an unknown ethertype or
 * protocol is OK and left alone.
 */
public final class PacketParser {
    /** Enough for QinQ with one more priority tag. */
    public static final int MAX_VLAN_TAGS = 3;
    /** Bound on the chain of IPv6 extension headers. */
    public static final int MAX_EXTENSION_HEADERS = 12;

    static final int ETHERNET_BYTES = 14;
    static final int TAG_BYTES = 4;
    private static final int ARP_BYTES = 28;
    private static final int ARP_ETHERNET = 1;
    /** Type, code, checksum and four bytes of rest; the quoted packet begins behind them. */
    private static final int ICMP_HEADER_BYTES = 8;

    private PacketParser() {}

    /**
     * Parses the frame at {@code offset}, which the caller guarantees to lie in {@code memory} with {@code length} bytes.
     * After another result than {@link ParseResult#OK} nothing in the view means anything but memory, offset and length.
     */
    public static ParseResult parse(MemorySegment memory, int offset, int length, PacketView view) {
        begin(memory, offset, length, view);
        if (length < ETHERNET_BYTES) {
            return ParseResult.ETHERNET_TRUNCATED;
        }
        view.destinationMac = Wire.i64(memory, offset) >>> 16;
        // the source address and, behind it, the ethertype
        long sourceAndType = Wire.i64(memory, offset + 6L);
        view.sourceMac = sourceAndType >>> 16;
        if ((sourceAndType >>> 56 & 1) != 0) {
            return ParseResult.ETHERNET_GROUP_SOURCE;
        }
        int end = offset + length;
        int position = offset + ETHERNET_BYTES;
        int etherType = (int) sourceAndType & 0xffff;
        for (int tags = 0; EtherTypes.isVlan(etherType); tags++) {
            if (tags == MAX_VLAN_TAGS) {
                return ParseResult.ETHERNET_TOO_MANY_TAGS;
            }
            if (end - position < TAG_BYTES) {
                return ParseResult.ETHERNET_TRUNCATED;
            }
            if (tags == 0) {
                view.vlan = Wire.u16(memory, position) & 0xfff;
            }
            etherType = Wire.u16(memory, position + 2L);
            position += TAG_BYTES;
        }
        view.etherType = etherType;
        return switch (etherType) {
            case EtherTypes.IPV4 -> IpParser.parseIpv4(view, position, end, false);
            case EtherTypes.IPV6 -> IpParser.parseIpv6(view, position, end, false);
            case EtherTypes.ARP -> parseArp(view, position, end);
            default -> ParseResult.OK;
        };
    }

    /**
     * Parses the packet that an ICMP error quotes. Quotes are cut short on purpose: lengths beyond the quote are
     * accepted, and of TCP only ports and sequence number need be there (then {@code tcpFlags} is 0).
     *
     * @param error a view with {@link PacketView#isIcmpError()}
     * @param inner filled with the quoted packet; its Ethernet fields are empty
     */
    public static ParseResult parseQuoted(PacketView error, PacketView inner) {
        int position = error.transportOffset + ICMP_HEADER_BYTES;
        int end = error.transportOffset + error.transportLength;
        begin(error.memory, position, Math.max(0, end - position), inner);
        inner.etherType = 0;
        inner.sourceMac = 0;
        inner.destinationMac = 0;
        return error.protocol == PacketView.PROTOCOL_ICMPV6
                ? IpParser.parseIpv6(inner, position, end, true)
                : IpParser.parseIpv4(inner, position, end, true);
    }

    private static ParseResult parseArp(PacketView view, int position, int end) {
        if (end - position < ARP_BYTES) {
            return ParseResult.ARP_TRUNCATED;
        }
        MemorySegment memory = view.memory;
        boolean isIpv4OverEthernet = Wire.u16(memory, position) == ARP_ETHERNET
                && Wire.u16(memory, position + 2L) == EtherTypes.IPV4
                && Wire.u8(memory, position + 4L) == 6
                && Wire.u8(memory, position + 5L) == 4;
        if (!isIpv4OverEthernet) {
            return ParseResult.ARP_BAD_FORMAT;
        }
        view.arpOperation = Wire.u16(memory, position + 6L);
        view.arpSenderMac = Wire.u48(memory, position + 8L);
        view.arpSenderAddress = Wire.i32(memory, position + 14L);
        view.arpTargetAddress = Wire.i32(memory, position + 24L);
        return ParseResult.OK;
    }

    /**
     * Sets what every reader looks at whatever the frame is; all else is set where it is found, and means nothing elsewhere. A
     * frame costs some 20 stores instead of 40.
     */
    static void begin(MemorySegment memory, int offset, int length, PacketView view) {
        view.memory = memory;
        view.frameOffset = offset;
        view.frameLength = length;
        view.vlan = -1;
        view.family = null;
        view.protocol = 0;
        view.isFragment = false;
        view.isLaterFragment = false;
    }
}
