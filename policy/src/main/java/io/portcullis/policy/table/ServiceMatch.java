package io.portcullis.policy.table;

/**
 * Matches protocol and ports. All bounds are inclusive; {@link #ANY_PROTOCOL} matches every IP protocol.
 *
 * @param protocol IP protocol number (6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6) or {@link #ANY_PROTOCOL}
 * @param sourcePortFirst 0 to 65,535; ports are looked at for TCP, UDP and SCTP only
 * @param icmpType 0 to 255 or -1 for any
 * @param icmpCode 0 to 255 or -1 for any
 */
public record ServiceMatch(
        int protocol,
        int sourcePortFirst,
        int sourcePortLast,
        int destinationPortFirst,
        int destinationPortLast,
        int icmpType,
        int icmpCode) {
    public static final int ANY_PROTOCOL = -1;
    public static final int MAX_PORT = 65_535;
    public static final ServiceMatch ANY = new ServiceMatch(ANY_PROTOCOL, 0, MAX_PORT, 0, MAX_PORT, -1, -1);

    public static ServiceMatch ports(int protocol, int destinationFirst, int destinationLast) {
        return new ServiceMatch(protocol, 0, MAX_PORT, destinationFirst, destinationLast, -1, -1);
    }

    public static ServiceMatch icmp(int protocol, int type, int code) {
        return new ServiceMatch(protocol, 0, MAX_PORT, 0, MAX_PORT, type, code);
    }

    public static ServiceMatch protocol(int protocol) {
        return new ServiceMatch(protocol, 0, MAX_PORT, 0, MAX_PORT, -1, -1);
    }
}
