package io.portcullis.datapath.packet;

import java.lang.foreign.MemorySegment;

/** TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792), ICMPv6 (RFC 4443), the ports of SCTP (RFC 9260), calls in GRE (RFC 2637). */
final class TransportParser {
    private static final int TCP_MIN_BYTES = 20;
    private static final int UDP_BYTES = 8;
    private static final int ICMP_MIN_BYTES = 8;
    private static final int SCTP_MIN_BYTES = 12;
    /** Flags and version, protocol, payload length, call: RFC 2637, 4.1. */
    private static final int GRE_CALL_BYTES = 8;

    private static final int GRE_PPP = 0x880b;
    /** What RFC 792 promises of the quoted packet's transport header. */
    private static final int QUOTED_BYTES = 8;

    private TransportParser() {}

    static ParseResult parse(PacketView view, boolean quoted) {
        return switch (view.protocol) {
            case PacketView.PROTOCOL_TCP -> parseTcp(view, quoted);
            case PacketView.PROTOCOL_UDP -> parseUdp(view, quoted);
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 -> parseIcmp(view);
            case PacketView.PROTOCOL_SCTP -> parseSctp(view, quoted);
            case PacketView.PROTOCOL_GRE -> parseGre(view);
            default -> {
                nothing(view);
                yield ParseResult.OK;
            }
        };
    }

    /** Empties what readers look at without asking for the protocol. */
    static void nothing(PacketView view) {
        view.sourcePort = 0;
        view.destinationPort = 0;
        view.icmpType = 0;
        view.icmpCode = 0;
        view.tcpFlags = 0;
    }

    private static ParseResult parseTcp(PacketView view, boolean quoted) {
        if (view.transportLength < (quoted ? QUOTED_BYTES : TCP_MIN_BYTES)) {
            return ParseResult.TCP_TRUNCATED;
        }
        MemorySegment memory = view.memory;
        int start = view.transportOffset;
        long portsAndSequence = Wire.i64(memory, start);
        view.sourcePort = (int) (portsAndSequence >>> 48);
        view.destinationPort = (int) (portsAndSequence >>> 32) & 0xffff;
        view.tcpSequence = (int) portsAndSequence;
        if (view.transportLength < TCP_MIN_BYTES) {
            view.tcpAcknowledgement = 0;
            view.tcpFlags = 0;
            view.tcpWindow = 0;
            view.tcpPayloadLength = 0;
            view.tcpOptionsLength = 0;
            return ParseResult.OK;
        }
        long rest = Wire.i64(memory, start + 8L);
        view.tcpAcknowledgement = (int) (rest >>> 32);
        int headerLength = ((int) rest >>> 28) << 2;
        view.tcpFlags = (int) (rest >>> 16) & 0xff;
        view.tcpWindow = (int) rest & 0xffff;
        if (headerLength < TCP_MIN_BYTES || (!quoted && headerLength > view.transportLength)) {
            return ParseResult.TCP_BAD_DATA_OFFSET;
        }
        int present = Math.min(headerLength, view.transportLength);
        view.tcpPayloadLength = view.transportLength - present;
        view.tcpOptionsOffset = start + TCP_MIN_BYTES;
        view.tcpOptionsLength = present - TCP_MIN_BYTES;
        return ParseResult.OK;
    }

    private static ParseResult parseUdp(PacketView view, boolean quoted) {
        if (view.transportLength < UDP_BYTES) {
            return ParseResult.UDP_TRUNCATED;
        }
        ports(view);
        int length = Wire.u16(view.memory, view.transportOffset + 4L);
        boolean isWhole = !quoted && !view.isFragment;
        if (length < UDP_BYTES || (isWhole && length > view.transportLength)) {
            return ParseResult.UDP_BAD_LENGTH;
        }
        return ParseResult.OK;
    }

    private static ParseResult parseIcmp(PacketView view) {
        if (!view.isIcmp()) {
            // ICMP in IPv6 or ICMPv6 in IPv4: a protocol like any other that nobody answers
            nothing(view);
            return ParseResult.OK;
        }
        if (view.transportLength < ICMP_MIN_BYTES) {
            return ParseResult.ICMP_TRUNCATED;
        }
        view.icmpType = Wire.u8(view.memory, view.transportOffset);
        view.icmpCode = Wire.u8(view.memory, view.transportOffset + 1L);
        view.sourcePort =
                hasIdentifier(view.protocol, view.icmpType) ? Wire.u16(view.memory, view.transportOffset + 4L) : 0;
        view.destinationPort = view.sourcePort;
        return ParseResult.OK;
    }

    private static ParseResult parseSctp(PacketView view, boolean quoted) {
        if (view.transportLength < (quoted ? QUOTED_BYTES : SCTP_MIN_BYTES)) {
            return ParseResult.SCTP_TRUNCATED;
        }
        ports(view);
        return ParseResult.OK;
    }

    /**
     * The tunnels of PPTP (version 1) have a call in their header, which the receiver chose: it counts as the port there. All other
     * GRE (RFC 2784) is known by its addresses alone.
     */
    private static ParseResult parseGre(PacketView view) {
        nothing(view);
        int at = view.transportOffset;
        if (view.transportLength < GRE_CALL_BYTES || (Wire.u8(view.memory, at + 1L) & 7) != 1) {
            return ParseResult.OK;
        }
        if (Wire.u16(view.memory, at + 2L) != GRE_PPP) {
            return ParseResult.GRE_BAD_PROTOCOL;
        }
        view.destinationPort = Wire.u16(view.memory, at + 6L);
        return ParseResult.OK;
    }

    /** Echo, timestamp, information and address mask, question and answer; ICMPv6 echo. */
    private static boolean hasIdentifier(int protocol, int type) {
        return protocol == PacketView.PROTOCOL_ICMPV6
                ? type == 128 || type == 129
                : type == 0 || type == 8 || (type >= 13 && type <= 18);
    }

    private static void ports(PacketView view) {
        view.sourcePort = Wire.u16(view.memory, view.transportOffset);
        view.destinationPort = Wire.u16(view.memory, view.transportOffset + 2L);
    }
}
