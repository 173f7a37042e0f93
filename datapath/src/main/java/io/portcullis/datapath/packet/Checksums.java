package io.portcullis.datapath.packet;

import java.lang.foreign.MemorySegment;

/**
 * The Internet checksum (RFC 1071). A sum is an unfolded number of 16-bit words; sums of adjacent parts of even length
 * may be added. Stateless, no allocation.
 */
public final class Checksums {
    private static final int SCTP_CHECKSUM_OFFSET = 8;

    private Checksums() {}

    /** Sum of {@code length} bytes; an odd last byte counts as the high half of a word. At most 4 GiB. */
    public static long sum(MemorySegment memory, long offset, int length) {
        long sum = 0;
        long at = offset;
        int rest = length;
        // 2^16 is 1 modulo 65,535: adding words of 32 bits comes to the same
        for (; rest >= 4; rest -= 4, at += 4) {
            sum += Wire.u32(memory, at);
        }
        if (rest >= 2) {
            sum += Wire.u16(memory, at);
            at += 2;
            rest -= 2;
        }
        return rest == 0 ? sum : sum + (Wire.u8(memory, at) << 8);
    }

    /**
     * Sum of the pseudo header of TCP, UDP and ICMPv6 (RFC 9293, 3.1; RFC 8200, 8.1). IPv4 addresses lie in the low 32 bits
     * of their low halves, as in {@link PacketView}.
     */
    public static long pseudoHeader(
            long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int protocol, int length) {
        return words(sourceHigh)
                + words(sourceLow)
                + words(destinationHigh)
                + words(destinationLow)
                + protocol
                + length;
    }

    /** The checksum field for a sum: folded to 16 bits and complemented. */
    public static int finish(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) ~folded & 0xffff;
    }

    /** Whether the IPv4 header's checksum is right; IPv6 has none and is right. */
    public static boolean isIpHeaderValid(PacketView packet) {
        if (packet.etherType != EtherTypes.IPV4) {
            return true;
        }
        int headerLength = (Wire.u8(packet.memory, packet.ipOffset) & 15) << 2;
        return finish(sum(packet.memory, packet.ipOffset, headerLength)) == 0;
    }

    /**
     * Whether the transport checksum of a whole TCP, UDP, SCTP, ICMP or ICMPv6 packet is right. Anything else, and fragments, are
     * right, and so is a datagram without one: over IPv6 too, where tunnels may leave it out and only their ends know (RFC 6935). Says
     * nothing about frames that leave their checksum to hardware.
     */
    public static boolean isTransportValid(PacketView packet) {
        if (packet.isFragment) {
            return true;
        }
        int length = packet.transportLength;
        switch (packet.protocol) {
            case PacketView.PROTOCOL_TCP -> {}
            case PacketView.PROTOCOL_UDP -> {
                length = Wire.u16(packet.memory, packet.transportOffset + 4L);
                boolean isUnused = Wire.u16(packet.memory, packet.transportOffset + 6L) == 0;
                if (isUnused) {
                    return true;
                }
            }
            case PacketView.PROTOCOL_ICMP -> {
                return !packet.isIcmp() || finish(sum(packet.memory, packet.transportOffset, length)) == 0;
            }
            case PacketView.PROTOCOL_SCTP -> {
                return isSctpValid(packet);
            }
            case PacketView.PROTOCOL_ICMPV6 -> {
                if (!packet.isIcmp()) {
                    return true;
                }
            }
            default -> {
                return true;
            }
        }
        long pseudo = pseudoHeader(
                packet.sourceHigh,
                packet.sourceLow,
                packet.destinationHigh,
                packet.destinationLow,
                packet.protocol,
                length);
        return finish(pseudo + sum(packet.memory, packet.transportOffset, length)) == 0;
    }

    /** CRC32C, its lowest byte first (RFC 9260, 6.8). */
    private static boolean isSctpValid(PacketView packet) {
        int sum = Crc32c.of(
                packet.memory, packet.transportOffset, packet.transportLength, SCTP_CHECKSUM_OFFSET, Integer.BYTES);
        return Integer.reverseBytes(sum) == Wire.i32(packet.memory, packet.transportOffset + SCTP_CHECKSUM_OFFSET);
    }

    private static long words(long value) {
        return (value >>> 32) + (value & 0xffff_ffffL);
    }
}
