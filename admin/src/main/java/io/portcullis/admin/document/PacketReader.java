package io.portcullis.admin.document;

import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.FieldProblem;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.table.ServiceMatch;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what an {@link EvaluateRequest} says of a packet beside its ends. One request, one thread. */
public final class PacketReader {
    /** First of the ports that are for clients (RFC 6335, 6). */
    private static final int EPHEMERAL_PORT = 49_152;

    private static final int ECHO_REQUEST = 8;
    private static final int ECHO_REQUEST_V6 = 128;

    private final Mistakes mistakes = new Mistakes();

    /**
     * The packet but for its addresses.
     *
     * @param icmpType -1 for the echo request of the addresses' version, or where there are no types
     */
    public record Template(
            int protocol,
            int sourcePort,
            int destinationPort,
            int icmpType,
            int icmpCode,
            int flags,
            MacAddress router) {
        /** Whether addresses of this version can be those of such a packet. */
        public boolean isOf(IpFamily family) {
            return !(protocol == ServiceLibrary.ICMP && family == IpFamily.IPV6)
                    && !(protocol == ServiceLibrary.ICMPV6 && family == IpFamily.IPV4);
        }

        public Datagram between(InetAddress from, InetAddress to) {
            return new Datagram(
                    from, to, protocol, sourcePort, destinationPort, typeOf(protocol, icmpType), icmpCode, flags);
        }

        private static int typeOf(int protocol, int wanted) {
            return switch (protocol) {
                case ServiceLibrary.ICMP -> wanted < 0 ? ECHO_REQUEST : wanted;
                case ServiceLibrary.ICMPV6 -> wanted < 0 ? ECHO_REQUEST_V6 : wanted;
                default -> -1;
            };
        }
    }

    public List<FieldProblem> mistakes() {
        return mistakes.found();
    }

    /** The packet, or empty if there are mistakes. */
    public Optional<Template> read(EvaluateRequest request) {
        ServiceReader reader = new ServiceReader(mistakes);
        int protocol = reader.protocol(request.protocol(), "protocol");
        if (protocol == ServiceMatch.ANY_PROTOCOL) {
            mistakes.add("protocol", "a packet is of one protocol", "use tcp, udp, sctp, icmp, icmpv6 or a number");
            protocol = ServiceReader.WRONG;
        }
        boolean hasPorts =
                protocol == ServiceLibrary.TCP || protocol == ServiceLibrary.UDP || protocol == ServiceLibrary.SCTP;
        int destinationPort = port(request.port(), "port", 0);
        int sourcePort = port(request.sourcePort(), "sourcePort", hasPorts ? EPHEMERAL_PORT : 0);
        if (hasPorts && request.port() == null) {
            mistakes.add("port", request.protocol() + " needs a destination port", "add port, for example 443");
        }
        if (!hasPorts && protocol != ServiceReader.WRONG && (request.port() != null || request.sourcePort() != null)) {
            mistakes.add("port", request.protocol() + " has no ports", "only tcp, udp and sctp have");
        }
        boolean isIcmp = protocol == ServiceLibrary.ICMP || protocol == ServiceLibrary.ICMPV6;
        int type = reader.icmpNumber(request.icmpType(), "icmpType");
        int code = reader.icmpNumber(request.icmpCode(), "icmpCode");
        if (!isIcmp && protocol != ServiceReader.WRONG && (type >= 0 || code >= 0)) {
            mistakes.add("icmpType", request.protocol() + " has no types", "only icmp and icmpv6 have");
        }
        int flags = flags(reader, request, protocol);
        String routerMac = request.routerMac();
        MacAddress router = routerMac == null
                ? FirstPacket.UNKNOWN_MAC
                : mistakes.parsed("routerMac", routerMac, FirstPacket.UNKNOWN_MAC, MacAddress::parse);
        if (!mistakes.isEmpty()) {
            return Optional.empty();
        }
        int shownCode = isIcmp ? Math.max(code, 0) : -1;
        return Optional.of(new Template(protocol, sourcePort, destinationPort, type, shownCode, flags, router));
    }

    private int flags(ServiceReader reader, EvaluateRequest request, int protocol) {
        boolean isTcp = protocol == ServiceLibrary.TCP;
        if (request.flags() == null || protocol == ServiceReader.WRONG) {
            return isTcp ? FirstPacket.TCP_SYN : 0;
        }
        int flags = reader.flags(request.flags(), "flags");
        if (!isTcp) {
            mistakes.add("flags", request.protocol() + " has no such flags", "only tcp has");
        }
        return flags;
    }

    private int port(@Nullable Integer port, String path, int otherwise) {
        if (port == null) {
            return otherwise;
        }
        if (port < 0 || port > ServiceMatch.MAX_PORT) {
            mistakes.add(path, port + " is no port", "use 0 to " + ServiceMatch.MAX_PORT);
        }
        return port;
    }
}
