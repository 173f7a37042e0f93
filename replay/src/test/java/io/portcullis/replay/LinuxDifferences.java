package io.portcullis.replay;

import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.packet.Wire;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds to which class of {@code datapath/DIFFERENCES.md} a difference belongs. Of one capture, fed with all its packets. */
final class LinuxDifferences {
    static final String NOT_FORWARDED = "not-forwarded";

    private static final int UDP_LENGTH_OFFSET = 4;
    private static final int IPV6_LENGTH_OFFSET = 4;

    private final Set<String> tinyDatagrams = new HashSet<>();
    /** Ends of associations of which something other than a beginning came first. */
    private final Set<String> lateAssociations = new HashSet<>();
    /** Ends, and where resets stood that passed. */
    private final Set<String> resets = new HashSet<>();

    private final PacketView quoted = new PacketView();

    /** Takes note of a packet, different or not. */
    void note(PacketOutcome outcome, PacketView packet) {
        boolean isTiny = packet.isFragment
                && !packet.isLaterFragment
                && (outcome.reason().endsWith("-truncated") || outcome.reason().equals("tcp-bad-data-offset"));
        if (isTiny) {
            tinyDatagrams.add(datagram(packet));
        }
        if (packet.family == null || packet.isLaterFragment) {
            return;
        }
        if (packet.isSctp() && outcome.reason().equals("invalid-no-connection")) {
            lateAssociations.add(ends(packet));
        }
        if (packet.isTcp() && (packet.tcpFlags & PacketView.TCP_RST) != 0 && outcome.state() != PacketState.INVALID) {
            resets.add(ends(packet) + packet.tcpSequence);
        }
    }

    /** The class of the difference, or null if what the packet is does not explain it. */
    @Nullable
    String classOf(PacketOutcome outcome, PacketView packet) {
        if (packet.isFragment && tinyDatagrams.contains(datagram(packet))) {
            return "tiny-first-fragment";
        }
        if (outcome.reason().equals("ipv6-too-many-extensions")
                || quote(packet) == ParseResult.IPV6_TOO_MANY_EXTENSIONS) {
            return "extension-chain";
        }
        if (outcome.reason().equals("ipv6-bad-extension-order")
                || quote(packet) == ParseResult.IPV6_BAD_EXTENSION_ORDER) {
            return "extension-order";
        }
        if (outcome.reason().equals("ipv6-routing-type-0")) {
            return "source-route";
        }
        if (outcome.reason().equals("ipv6-extension-truncated")
                && Wire.u16(packet.memory, packet.ipOffset + (long) IPV6_LENGTH_OFFSET) == 0) {
            return "jumbogram";
        }
        if (packet.family == null || packet.isLaterFragment) {
            return null;
        }
        return transportClass(outcome, packet);
    }

    private @Nullable String transportClass(PacketOutcome outcome, PacketView packet) {
        if (packet.isSctp() && lateAssociations.contains(ends(packet))) {
            return "association-without-init";
        }
        boolean acknowledgesReset = packet.isTcp()
                && outcome.reason().equals("invalid-acknowledgement")
                && resets.contains(ends(packet) + packet.tcpAcknowledgement);
        if (acknowledgesReset) {
            return "doubtful-reset";
        }
        boolean isShortUdp = packet.isUdp()
                && !packet.isFragment
                && outcome.reason().equals("checksum")
                && Wire.u16(packet.memory, packet.transportOffset + (long) UDP_LENGTH_OFFSET) < packet.transportLength;
        return isShortUdp ? "udp-length" : null;
    }

    /** How the packet that this one quotes parses; OK if it quotes none. */
    private ParseResult quote(PacketView packet) {
        return packet.family != null && packet.isIcmpError()
                ? PacketParser.parseQuoted(packet, quoted)
                : ParseResult.OK;
    }

    /** The same in both directions. */
    private static String ends(PacketView packet) {
        String source = "%x %x %d".formatted(packet.sourceHigh, packet.sourceLow, packet.sourcePort);
        String destination =
                "%x %x %d".formatted(packet.destinationHigh, packet.destinationLow, packet.destinationPort);
        return source.compareTo(destination) < 0 ? source + ' ' + destination + ' ' : destination + ' ' + source + ' ';
    }

    /** Names the datagram of which this is a fragment. */
    static String datagram(PacketView packet) {
        return "%x %x %x %x %x"
                .formatted(
                        packet.fragmentId,
                        packet.sourceHigh,
                        packet.sourceLow,
                        packet.destinationHigh,
                        packet.destinationLow);
    }
}
