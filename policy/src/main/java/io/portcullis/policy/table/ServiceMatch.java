package io.portcullis.policy.table;

/**
 * Matches protocol and ports. All bounds are inclusive; {@link #ANY_PROTOCOL} matches every IP protocol.
 *
 * @param protocol IP protocol number (6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6) or {@link #ANY_PROTOCOL}
 * @param sourcePortFirst 0 to 65,535; ports are looked at for TCP, UDP and SCTP only
 * @param icmpType 0 to 255 or -1 for any
 * @param icmpCode 0 to 255 or -1 for any
 * @param tcpFlagsMask bits of the TCP flags byte that are looked at (RFC 9293, 3.1: FIN 1, SYN 2, RST 4, PSH 8, ACK 16,
 *     URG 32, ECE 64, CWR 128); 0 for none
 * @param tcpFlagsValue how those bits must be; rules see a connection's first packet, which is the one to have these flags
 */
public record ServiceMatch(
        int protocol,
        int sourcePortFirst,
        int sourcePortLast,
        int destinationPortFirst,
        int destinationPortLast,
        int icmpType,
        int icmpCode,
        int tcpFlagsMask,
        int tcpFlagsValue) {
    public static final int ANY_PROTOCOL = -1;
    public static final int MAX_PORT = 65_535;
    private static final int MAX_BYTE = 255;
    public static final ServiceMatch ANY = new ServiceMatch(ANY_PROTOCOL, 0, MAX_PORT, 0, MAX_PORT, -1, -1);

    /** Whether there can be such a service; what a person wrote is judged, with reasons, by the model. No "is": Jackson would store it. */
    public boolean hasFieldsInRange() {
        return isWithin(ANY_PROTOCOL, protocol, MAX_BYTE)
                && isWithin(0, sourcePortFirst, sourcePortLast)
                && isWithin(sourcePortFirst, sourcePortLast, MAX_PORT)
                && isWithin(0, destinationPortFirst, destinationPortLast)
                && isWithin(destinationPortFirst, destinationPortLast, MAX_PORT)
                && isWithin(-1, icmpType, MAX_BYTE)
                && isWithin(-1, icmpCode, MAX_BYTE)
                && isWithin(0, tcpFlagsMask, MAX_BYTE)
                && (tcpFlagsValue & ~tcpFlagsMask) == 0;
    }

    private static boolean isWithin(int least, int value, int most) {
        return least <= value && value <= most;
    }

    /** Whatever the TCP flags. */
    public ServiceMatch(
            int protocol,
            int sourcePortFirst,
            int sourcePortLast,
            int destinationPortFirst,
            int destinationPortLast,
            int icmpType,
            int icmpCode) {
        this(
                protocol,
                sourcePortFirst,
                sourcePortLast,
                destinationPortFirst,
                destinationPortLast,
                icmpType,
                icmpCode,
                0,
                0);
    }

    public static ServiceMatch ports(int protocol, int destinationFirst, int destinationLast) {
        return new ServiceMatch(protocol, 0, MAX_PORT, destinationFirst, destinationLast, -1, -1);
    }

    public static ServiceMatch icmp(int protocol, int type, int code) {
        return new ServiceMatch(protocol, 0, MAX_PORT, 0, MAX_PORT, type, code);
    }

    public static ServiceMatch protocol(int protocol) {
        return new ServiceMatch(protocol, 0, MAX_PORT, 0, MAX_PORT, -1, -1);
    }

    /** The same with these TCP flags: of the bits in {@code mask} exactly those in {@code value} are set. */
    public ServiceMatch withTcpFlags(int mask, int value) {
        return new ServiceMatch(
                protocol,
                sourcePortFirst,
                sourcePortLast,
                destinationPortFirst,
                destinationPortLast,
                icmpType,
                icmpCode,
                mask,
                value);
    }
}
