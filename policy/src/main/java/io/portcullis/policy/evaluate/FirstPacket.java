package io.portcullis.policy.evaluate;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.model.ServiceLibrary;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The first packet of a connection, or any frame, as it is on the wire at one vNIC.
 *
 * @param etherType behind all VLAN tags; below 0x600 a length (IEEE 802.3)
 * @param sourceMac {@link #UNKNOWN_MAC} is an address that no rule names
 * @param datagram null for a frame that is not IP
 */
public record FirstPacket(
        int etherType,
        MacAddress sourceMac,
        MacAddress destinationMac,
        @Nullable Datagram datagram) {
    /** Of an end that is not known, for example of whoever stands behind a router. Nobody's. */
    public static final MacAddress UNKNOWN_MAC = new MacAddress(0);

    public static final int ARP = 0x0806;
    public static final int TCP_SYN = 2;

    private static final int TCP_FIN = 1;
    private static final int TCP_RST = 4;
    private static final int TCP_ACK = 16;
    private static final int TCP_URG = 32;
    private static final int ECHO = 8;
    /** ICMP types that are answered with the next number (echo: with 0): echo, timestamp, information, address mask. */
    private static final Set<Integer> QUESTIONS = Set.of(ECHO, 13, 15, 17);

    private static final int ECHO_V6 = 128;
    private static final int LISTENER_QUERY = 130;
    private static final int REDIRECT = 137;
    private static final int LISTENER_REPORT_V2 = 143;
    private static final int NO_NEXT_HEADER = 59;

    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    /**
     * IP with its transport header; addresses of one family.
     *
     * @param sourcePort 0 where the protocol has no ports
     * @param icmpType -1 where the protocol has no types
     * @param tcpFlags as in RFC 9293, 3.1: FIN 1, SYN 2, …; 0 for other protocols
     */
    public record Datagram(
            InetAddress source,
            InetAddress destination,
            int protocol,
            int sourcePort,
            int destinationPort,
            int icmpType,
            int icmpCode,
            int tcpFlags) {
        public Datagram {
            if (family(source) != family(destination)) {
                throw new IllegalArgumentException("no packet goes from " + source + " to " + destination);
            }
        }

        public static Datagram tcp(InetAddress source, InetAddress destination, int sourcePort, int destinationPort) {
            return new Datagram(source, destination, ServiceLibrary.TCP, sourcePort, destinationPort, -1, -1, TCP_SYN);
        }

        /** Of UDP, SCTP, or another protocol that has ports. */
        public static Datagram ports(
                InetAddress source, InetAddress destination, int protocol, int sourcePort, int destinationPort) {
            return new Datagram(source, destination, protocol, sourcePort, destinationPort, -1, -1, 0);
        }

        /** ICMP for IPv4, ICMPv6 for IPv6. */
        public static Datagram icmp(InetAddress source, InetAddress destination, int type, int code) {
            int protocol = family(source) == IpFamily.IPV4 ? ServiceLibrary.ICMP : ServiceLibrary.ICMPV6;
            return new Datagram(source, destination, protocol, 0, 0, type, code, 0);
        }

        /** Without a header behind that of IP that rules look at. */
        public static Datagram protocol(InetAddress source, InetAddress destination, int protocol) {
            return new Datagram(source, destination, protocol, 0, 0, -1, -1, 0);
        }

        public IpFamily family() {
            return family(source);
        }

        boolean hasPorts() {
            return protocol == ServiceLibrary.TCP || protocol == ServiceLibrary.UDP || protocol == ServiceLibrary.SCTP;
        }

        boolean hasIcmpType() {
            return protocol == ServiceLibrary.ICMP || protocol == ServiceLibrary.ICMPV6;
        }

        /** What it is by itself; SCTP counts as an INIT. */
        public Beginning beginning() {
            if (protocol == ServiceLibrary.TCP) {
                return ofTcp(tcpFlags);
            }
            if (protocol == ServiceLibrary.ICMP && family() == IpFamily.IPV4) {
                return QUESTIONS.contains(icmpType) ? Beginning.OPENS : Beginning.NOTHING;
            }
            if (protocol == ServiceLibrary.ICMPV6 && family() == IpFamily.IPV6) {
                boolean isOfLink =
                        (icmpType >= LISTENER_QUERY && icmpType <= REDIRECT) || icmpType == LISTENER_REPORT_V2;
                return isOfLink || icmpType == ECHO_V6 ? Beginning.OPENS : Beginning.NOTHING;
            }
            return protocol == NO_NEXT_HEADER && family() == IpFamily.IPV6 ? Beginning.NOTHING : Beginning.OPENS;
        }

        private static Beginning ofTcp(int flags) {
            boolean isUrgent = (flags & TCP_URG) != 0;
            return switch (flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) {
                case TCP_SYN -> Beginning.OPENS;
                case TCP_ACK -> Beginning.PICKED_UP;
                case TCP_FIN | TCP_ACK -> Beginning.NOTHING;
                case TCP_SYN | TCP_ACK, TCP_RST, TCP_RST | TCP_ACK -> isUrgent ? Beginning.NEVER : Beginning.NOTHING;
                default -> Beginning.NEVER;
            };
        }

        /** What is sent back: ports and addresses turned, a SYN-ACK, the answer to a question of ICMP. */
        public Datagram answer() {
            boolean isQuestion = hasIcmpType() && beginning() == Beginning.OPENS;
            int type = !isQuestion ? icmpType : icmpType == ECHO ? 0 : icmpType + 1;
            return new Datagram(
                    /* source= */ destination,
                    /* destination= */ source,
                    protocol,
                    /* sourcePort= */ destinationPort,
                    /* destinationPort= */ sourcePort,
                    type,
                    icmpCode,
                    protocol == ServiceLibrary.TCP ? TCP_SYN | TCP_ACK : 0);
        }

        private static IpFamily family(InetAddress address) {
            return address instanceof Inet4Address ? IpFamily.IPV4 : IpFamily.IPV6;
        }

        /** {@code tcp/443}, {@code icmp/8/0}, or the number of a protocol that has neither. */
        public String service() {
            String name = ServiceLibrary.protocolName(protocol);
            if (hasPorts()) {
                return name + "/" + destinationPort;
            }
            return hasIcmpType() ? name + "/" + icmpType + "/" + icmpCode : name;
        }
    }

    public FirstPacket {
        if (datagram != null && etherType != etherType(datagram)) {
            throw new IllegalArgumentException("IP has the ethertype of its version");
        }
    }

    /** An IP packet between ends whose MAC addresses are not known. */
    public static FirstPacket of(Datagram datagram) {
        return new FirstPacket(etherType(datagram), UNKNOWN_MAC, UNKNOWN_MAC, datagram);
    }

    public FirstPacket withMacs(MacAddress source, MacAddress destination) {
        return new FirstPacket(etherType, source, destination, datagram);
    }

    private static int etherType(Datagram datagram) {
        return datagram.family() == IpFamily.IPV4 ? IPV4 : IPV6;
    }
}
