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

    private final Set<String> tinyDatagrams = new HashSet<>();
    private final PacketView quoted = new PacketView();

    /** Takes note of a packet, different or not. */
    void note(PacketOutcome outcome, PacketView packet) {
        boolean isTiny =
                packet.isFragment && !packet.isLaterFragment && outcome.reason().endsWith("-truncated");
        if (isTiny) {
            tinyDatagrams.add(datagram(packet));
        }
    }

    /** The class of the difference, or null if what the packet is does not explain it. */
    @Nullable
    String classOf(PacketOutcome outcome, PacketView packet) {
        if (packet.isFragment && tinyDatagrams.contains(datagram(packet))) {
            return "tiny-first-fragment";
        }
        if (outcome.reason().equals("ipv6-too-many-extensions") || quotesLongChain(packet)) {
            return "extension-chain";
        }
        boolean isShortUdp = packet.isUdp()
                && !packet.isFragment
                && outcome.reason().equals("checksum")
                && Wire.u16(packet.memory, packet.transportOffset + (long) UDP_LENGTH_OFFSET) < packet.transportLength;
        return isShortUdp ? "udp-length" : null;
    }

    private boolean quotesLongChain(PacketView packet) {
        return packet.family != null
                && packet.isIcmpError()
                && PacketParser.parseQuoted(packet, quoted) == ParseResult.IPV6_TOO_MANY_EXTENSIONS;
    }

    private static String datagram(PacketView packet) {
        return "%x %x %x %x %x"
                .formatted(
                        packet.fragmentId,
                        packet.sourceHigh,
                        packet.sourceLow,
                        packet.destinationHigh,
                        packet.destinationLow);
    }
}
