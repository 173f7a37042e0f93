package io.portcullis.datapath.packet;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.port.VnetHeader;

/**
 * Verifies the transport checksums of the plainest frames in the memory of a burst, for the short way of the engine: untagged Ethernet
 * II, IPv4 without options or IPv6 without extension headers, no fragment, TCP or UDP. What is right is marked so in its virtio-net
 * header, so that nobody on this host verifies it again. Says the same as {@link Checksums#isTransportValid}. Stateless, no allocation.
 */
public final class FrameChecksums {
    private static final int ETHERNET = 14;
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    /** Both addresses of an IPv6 header. */
    private static final int IPV6_ADDRESSES = 32;

    private static final int TCP_BYTES = 20;
    private static final int UDP_BYTES = 8;

    private FrameChecksums() {}

    /**
     * Whether a frame needs no verification (any more).
     *
     * @return false if its checksum is wrong, or if the parser must look at it first
     */
    public static boolean isSettled(long at, int length) {
        if (VnetHeader.vouches(at)) {
            return true;
        }
        if (length < ETHERNET + IPV4_BYTES + UDP_BYTES) {
            return false;
        }
        // type 16, first byte of IP 8, second 8
        int start = NativeMemory.getNetworkInt(at + 12);
        long ip = at + ETHERNET;
        int room = length - ETHERNET;
        boolean isRight = false;
        if ((start & 0xffff_ff00) == 0x0800_4500) {
            // length 16, id 16, fragment 16, time to live 8, protocol 8
            long middle = NativeMemory.getNetworkLong(ip + 2);
            int total = (int) (middle >>> 48);
            boolean isWhole = total <= room && (middle >>> 16 & 0x3fff) == 0;
            long addresses = words(NativeMemory.getLong(ip + 12));
            isRight = isWhole && isRight(ip + IPV4_BYTES, total - IPV4_BYTES, (int) middle & 0xff, addresses);
        } else if ((start & 0xffff_f000) == 0x86dd_6000 && room >= IPV6_BYTES + UDP_BYTES) {
            // payload length 16, next header 8, hop limit 8
            int header = NativeMemory.getNetworkInt(ip + 4);
            int payload = header >>> 16;
            isRight = payload <= room - IPV6_BYTES
                    && isRight(ip + IPV6_BYTES, payload, header >>> 8 & 0xff, sum(ip + 8, IPV6_ADDRESSES));
        }
        if (isRight) {
            VnetHeader.setValid(at);
        }
        return isRight;
    }

    /** @param addresses sum over both, as of the pseudo header */
    private static boolean isRight(long transport, int room, int protocol, long addresses) {
        int length = room;
        if (protocol == PacketView.PROTOCOL_UDP) {
            if (room < UDP_BYTES) {
                return false;
            }
            int header = NativeMemory.getNetworkInt(transport + 4);
            length = header >>> 16;
            if (length < UDP_BYTES || length > room) {
                return false;
            }
            boolean isUnused = (header & 0xffff) == 0;
            if (isUnused) {
                return true;
            }
        } else if (protocol != PacketView.PROTOCOL_TCP || room < TCP_BYTES) {
            return false;
        }
        long pseudo = addresses + swapped(protocol) + swapped(length);
        return fold(pseudo + sum(transport, length)) == 0xffff;
    }

    /**
     * Sum of little-endian words: folded it has the bytes of the RFC's sum the other way round (RFC 1071, 2 B). Words of 32 bits come to
     * the same as those of 16, because 2^16 is 1 modulo 65,535.
     */
    private static long sum(long address, int length) {
        long sum = 0;
        long at = address;
        int rest = length;
        for (; rest >= 8; rest -= 8, at += 8) {
            sum += words(NativeMemory.getLong(at));
        }
        if (rest >= 4) {
            sum += NativeMemory.getInt(at) & 0xffff_ffffL;
            at += 4;
            rest -= 4;
        }
        if (rest >= 2) {
            sum += NativeMemory.getShort(at);
            at += 2;
            rest -= 2;
        }
        return rest == 0 ? sum : sum + NativeMemory.getByte(at);
    }

    private static long words(long value) {
        return (value >>> 32) + (value & 0xffff_ffffL);
    }

    private static int swapped(int value) {
        return Short.reverseBytes((short) value) & 0xffff;
    }

    private static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xffff_ffffL);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        return (int) folded;
    }
}
