package io.portcullis.replay;

import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** A table for people, with sums at its end. */
final class TableLines implements OutcomeFormat {
    private static final String LAYOUT = "%6s  %-7s  %-11s  %-8s  %-24s  %-22s  %s%n";

    private final Map<PacketState, Long> states = new EnumMap<>(PacketState.class);
    private final Map<Verdict, Long> verdicts = new EnumMap<>(Verdict.class);
    private long packets;

    @Override
    public void begin(PrintWriter out) {
        out.printf(LAYOUT, "PACKET", "VERDICT", "STATE", "DIRECT.", "RULE", "REASON", "FLOW");
    }

    @Override
    public void packet(PrintWriter out, PacketOutcome outcome, PacketView packet) {
        packets++;
        states.merge(outcome.state(), 1L, Long::sum);
        verdicts.merge(outcome.verdict(), 1L, Long::sum);
        String rule = outcome.rule();
        out.printf(
                LAYOUT,
                outcome.packet(),
                outcome.verdict(),
                outcome.state(),
                outcome.isReply() ? "REPLY" : "ORIGINAL",
                rule == null ? "-" : rule,
                outcome.reason(),
                flow(packet));
    }

    @Override
    public void end(PrintWriter out) {
        out.printf("%d packets;%s;%s%n", packets, sums(verdicts), sums(states));
    }

    private static String sums(Map<? extends Enum<?>, Long> counts) {
        StringBuilder text = new StringBuilder();
        counts.forEach((name, count) -> text.append(' ')
                .append(name.name().toLowerCase(Locale.ROOT))
                .append(' ')
                .append(count));
        return text.toString();
    }

    private static String flow(PacketView packet) {
        if (packet.family == null) {
            return packet.etherType == 0 ? "-" : "ethertype 0x%04x".formatted(packet.etherType);
        }
        boolean hasPorts = packet.sourcePort != 0 || packet.destinationPort != 0;
        return protocol(packet) + " "
                + end(packet.family, packet.sourceHigh, packet.sourceLow, hasPorts ? packet.sourcePort : -1) + " → "
                + end(
                        packet.family,
                        packet.destinationHigh,
                        packet.destinationLow,
                        hasPorts ? packet.destinationPort : -1);
    }

    private static String protocol(PacketView packet) {
        return switch (packet.protocol) {
            case PacketView.PROTOCOL_TCP -> "tcp";
            case PacketView.PROTOCOL_UDP -> "udp";
            case PacketView.PROTOCOL_ICMP -> "icmp";
            case PacketView.PROTOCOL_ICMPV6 -> "icmpv6";
            case PacketView.PROTOCOL_SCTP -> "sctp";
            default -> "protocol " + packet.protocol;
        };
    }

    private static String end(IpFamily family, long high, long low, int port) {
        ByteBuffer bytes = family == IpFamily.IPV4
                ? ByteBuffer.allocate(4).putInt((int) low)
                : ByteBuffer.allocate(16).putLong(high).putLong(low);
        try {
            String address = InetAddress.getByAddress(bytes.array()).getHostAddress();
            if (port < 0) {
                return address;
            }
            return family == IpFamily.IPV4 ? address + ":" + port : "[" + address + "]:" + port;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 and 16 bytes are addresses", e);
        }
    }
}
