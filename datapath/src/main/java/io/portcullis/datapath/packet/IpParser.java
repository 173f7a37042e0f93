package io.portcullis.datapath.packet;

import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;

/** IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200). */
final class IpParser {
    private static final int IPV4_MIN_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int MAX_DATAGRAM_BYTES = 65_535;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    private static final int DESTINATION_OPTIONS = 60;

    private IpParser() {}

    /** @param quoted whether this is the cut-short quote of an ICMP error: lengths may exceed what is there */
    static ParseResult parseIpv4(PacketView view, int start, int end, boolean quoted) {
        view.ipOffset = start;
        if (end - start < IPV4_MIN_BYTES) {
            return ParseResult.IPV4_TRUNCATED;
        }
        MemorySegment memory = view.memory;
        // the fixed header in three reads: every packet comes here
        long word0 = Wire.i64(memory, start);
        if (word0 >>> 60 != 4) {
            return ParseResult.IPV4_BAD_VERSION;
        }
        int headerLength = (int) (word0 >>> 56 & 15) << 2;
        if (headerLength < IPV4_MIN_BYTES || headerLength > end - start) {
            return ParseResult.IPV4_BAD_HEADER_LENGTH;
        }
        int totalLength = (int) (word0 >>> 32) & 0xffff;
        if (totalLength < headerLength || (!quoted && totalLength > end - start)) {
            return ParseResult.IPV4_BAD_TOTAL_LENGTH;
        }
        long word1 = Wire.i64(memory, start + 8L);
        long destination = Wire.u32(memory, start + 16L);
        if (!quoted && !isChecksumRight(memory, start, headerLength, word0, word1, destination)) {
            return ParseResult.IPV4_BAD_CHECKSUM;
        }
        view.family = IpFamily.IPV4;
        view.ipLength = totalLength;
        view.hopLimit = (int) (word1 >>> 56);
        view.protocol = (int) (word1 >>> 48) & 0xff;
        view.sourceHigh = 0;
        view.sourceLow = word1 & 0xffff_ffffL;
        view.destinationHigh = 0;
        view.destinationLow = destination;
        if (!quoted && (view.sourceLow >>> 28 == 14 || view.sourceLow == 0xffff_ffffL)) {
            return ParseResult.IP_GROUP_SOURCE;
        }
        view.transportOffset = start + headerLength;
        view.transportLength = Math.min(totalLength, end - start) - headerLength;
        int fragment = (int) word0 & 0xffff;
        if ((fragment & 0x3fff) != 0) {
            ParseResult result = fragment(
                    view,
                    (int) word0 >>> 16,
                    (fragment & 0x1fff) << 3,
                    (fragment & 0x2000) != 0,
                    totalLength - headerLength);
            if (result != ParseResult.OK || view.isLaterFragment) {
                return result;
            }
        }
        return TransportParser.parse(view, quoted);
    }

    /** RFC 1071: the sum of all words with the checksum among them is all ones. */
    private static boolean isChecksumRight(
            MemorySegment memory, int start, int headerLength, long word0, long word1, long word2) {
        long sum = (word0 >>> 32) + (word0 & 0xffff_ffffL) + (word1 >>> 32) + (word1 & 0xffff_ffffL) + word2;
        if (headerLength > IPV4_MIN_BYTES) {
            sum += Checksums.sum(memory, start + (long) IPV4_MIN_BYTES, headerLength - IPV4_MIN_BYTES);
        }
        return Checksums.finish(sum) == 0;
    }

    static ParseResult parseIpv6(PacketView view, int start, int end, boolean quoted) {
        view.ipOffset = start;
        if (end - start < IPV6_BYTES) {
            return ParseResult.IPV6_TRUNCATED;
        }
        MemorySegment memory = view.memory;
        if (Wire.u8(memory, start) >>> 4 != 6) {
            return ParseResult.IPV6_BAD_VERSION;
        }
        int payloadLength = Wire.u16(memory, start + 4L);
        if (!quoted && payloadLength > end - start - IPV6_BYTES) {
            return ParseResult.IPV6_BAD_PAYLOAD_LENGTH;
        }
        view.family = IpFamily.IPV6;
        view.ipLength = IPV6_BYTES + payloadLength;
        view.hopLimit = Wire.u8(memory, start + 7L);
        view.sourceHigh = Wire.i64(memory, start + 8L);
        view.sourceLow = Wire.i64(memory, start + 16L);
        view.destinationHigh = Wire.i64(memory, start + 24L);
        view.destinationLow = Wire.i64(memory, start + 32L);
        if (!quoted && view.sourceHigh >>> 56 == 0xff) {
            return ParseResult.IP_GROUP_SOURCE;
        }
        view.protocol = Wire.u8(memory, start + 6L);
        view.transportOffset = start + IPV6_BYTES;
        view.transportLength = Math.min(payloadLength, end - start - IPV6_BYTES);
        ParseResult result = extensions(view, start + IPV6_BYTES + payloadLength);
        if (result != ParseResult.OK || view.isLaterFragment) {
            return result;
        }
        return TransportParser.parse(view, quoted);
    }

    /**
     * Walks the extension headers; on OK the view's protocol and transport fields stand behind the last one.
     *
     * @param datagramEnd where the datagram ends by its own length (a quote may end before)
     */
    private static ParseResult extensions(PacketView view, int datagramEnd) {
        MemorySegment memory = view.memory;
        for (int headers = 0; isExtension(view.protocol); headers++) {
            if (headers == PacketParser.MAX_EXTENSION_HEADERS) {
                return ParseResult.IPV6_TOO_MANY_EXTENSIONS;
            }
            if ((view.protocol == HOP_BY_HOP && headers > 0) || (view.protocol == FRAGMENT && view.isFragment)) {
                return ParseResult.IPV6_BAD_EXTENSION_ORDER;
            }
            int at = view.transportOffset;
            if (view.transportLength < 8) {
                return ParseResult.IPV6_EXTENSION_TRUNCATED;
            }
            int bytes = extensionBytes(view.protocol, Wire.u8(memory, at + 1L));
            if (bytes > view.transportLength) {
                return ParseResult.IPV6_EXTENSION_TRUNCATED;
            }
            // without segments left it is ignored like any other (RFC 5095, 3)
            boolean isSourceRoute =
                    view.protocol == ROUTING && Wire.u8(memory, at + 2L) == 0 && Wire.u8(memory, at + 3L) != 0;
            if (isSourceRoute) {
                return ParseResult.IPV6_ROUTING_TYPE_0;
            }
            boolean isFragmentHeader = view.protocol == FRAGMENT;
            view.protocol = Wire.u8(memory, at);
            view.transportOffset = at + bytes;
            view.transportLength -= bytes;
            if (isFragmentHeader) {
                int fragment = Wire.u16(memory, at + 2L);
                ParseResult result = fragment(
                        view,
                        Wire.i32(memory, at + 4L),
                        fragment & 0xfff8,
                        (fragment & 1) != 0,
                        datagramEnd - view.transportOffset);
                if (result != ParseResult.OK || view.isLaterFragment) {
                    return result;
                }
            }
        }
        return ParseResult.OK;
    }

    private static boolean isExtension(int protocol) {
        return protocol == HOP_BY_HOP
                || protocol == ROUTING
                || protocol == FRAGMENT
                || protocol == AUTHENTICATION
                || protocol == DESTINATION_OPTIONS;
    }

    private static int extensionBytes(int protocol, int lengthField) {
        return switch (protocol) {
            case FRAGMENT -> 8;
            // RFC 4302: in words of 4 bytes, minus 2
            case AUTHENTICATION -> Math.max(8, (lengthField + 2) << 2);
            default -> (lengthField + 1) << 3;
        };
    }

    private static ParseResult fragment(
            PacketView view, int id, int offset, boolean hasMoreFragments, int payloadLength) {
        view.isFragment = offset > 0 || hasMoreFragments;
        if (!view.isFragment) {
            return ParseResult.OK;
        }
        view.fragmentId = id;
        view.fragmentOffset = offset;
        view.fragmentLength = payloadLength;
        view.hasMoreFragments = hasMoreFragments;
        view.isLaterFragment = offset > 0;
        if (view.isLaterFragment) {
            TransportParser.nothing(view);
        }
        boolean isBad = payloadLength <= 0
                || (hasMoreFragments && (payloadLength & 7) != 0)
                || offset + payloadLength > MAX_DATAGRAM_BYTES;
        return isBad ? ParseResult.FRAGMENT_BAD_LENGTH : ParseResult.OK;
    }
}
