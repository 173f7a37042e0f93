package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;

/** What states go with what protocols. */
final class EntryRules {
    private EntryRules() {}

    static boolean fits(ConnectionState state, int protocol, boolean isIpv6) {
        boolean isIcmp = protocol == (isIpv6 ? PacketView.PROTOCOL_ICMPV6 : PacketView.PROTOCOL_ICMP);
        return switch (state) {
            case UDP_NEW, UDP_ANSWERED, UDP_STREAM -> protocol == PacketView.PROTOCOL_UDP;
            case ICMP_NEW, ICMP_ANSWERED -> isIcmp;
            case OTHER_NEW, OTHER_ANSWERED ->
                protocol != PacketView.PROTOCOL_TCP
                        && protocol != PacketView.PROTOCOL_UDP
                        && protocol != PacketView.PROTOCOL_SCTP
                        && !isIcmp;
            default -> protocol == (state.isSctp() ? PacketView.PROTOCOL_SCTP : PacketView.PROTOCOL_TCP);
        };
    }
}
