package io.portcullis.policy.compile;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.table.ServiceMatch;
import java.net.Inet4Address;
import java.net.InetAddress;

/** The first packet of a connection, or one of none. */
public record Flow(
        InetAddress source,
        InetAddress destination,
        int protocol,
        int sourcePort,
        int destinationPort,
        int icmpType,
        int icmpCode,
        int tcpFlags) {
    static Flow tcp(String source, String destination, int port) {
        return tcp(source, destination, port, FirstPacket.TCP_SYN);
    }

    static Flow tcp(String source, String destination, int port, int flags) {
        return new Flow(
                TestTenant.ip(source), TestTenant.ip(destination), ServiceLibrary.TCP, 40_000, port, -1, -1, flags);
    }

    static Flow udp(String source, String destination, int port) {
        return ports(source, destination, ServiceLibrary.UDP, 40_000, port);
    }

    static Flow ports(String source, String destination, int protocol, int sourcePort, int port) {
        return new Flow(TestTenant.ip(source), TestTenant.ip(destination), protocol, sourcePort, port, -1, -1, 0);
    }

    /** Of a protocol that has neither ports nor types. */
    static Flow protocol(String source, String destination, int protocol) {
        return new Flow(TestTenant.ip(source), TestTenant.ip(destination), protocol, 0, 0, -1, -1, 0);
    }

    static Flow ping(String source, String destination) {
        InetAddress from = TestTenant.ip(source);
        boolean v4 = from instanceof Inet4Address;
        return new Flow(
                from,
                TestTenant.ip(destination),
                v4 ? ServiceLibrary.ICMP : ServiceLibrary.ICMPV6,
                0,
                0,
                v4 ? 8 : 128,
                0,
                0);
    }

    /** What answers a ping. */
    static Flow pong(String source, String destination) {
        Flow ping = ping(source, destination);
        int type = ping.protocol == ServiceLibrary.ICMP ? 0 : 129;
        return new Flow(ping.source, ping.destination, ping.protocol, 0, 0, type, 0, 0);
    }

    /** Of every flow's first frame. */
    static final long SOURCE_MAC = 0x02_00_00_00_00_01L;

    static final long DESTINATION_MAC = 0x02_00_00_00_00_02L;

    public FirstPacket packet() {
        return FirstPacket.of(new Datagram(
                        source, destination, protocol, sourcePort, destinationPort, icmpType, icmpCode, tcpFlags))
                .withMacs(new MacAddress(SOURCE_MAC), new MacAddress(DESTINATION_MAC));
    }

    int etherType() {
        return family() == IpFamily.IPV4 ? 0x0800 : 0x86dd;
    }

    IpFamily family() {
        return source instanceof Inet4Address ? IpFamily.IPV4 : IpFamily.IPV6;
    }

    /** The meaning of {@link ServiceMatch} in a table. */
    boolean isOf(ServiceMatch service) {
        if (service.protocol() != ServiceMatch.ANY_PROTOCOL && service.protocol() != protocol) {
            return false;
        }
        if (protocol == ServiceLibrary.TCP && (tcpFlags & service.tcpFlagsMask()) != service.tcpFlagsValue()) {
            return false;
        }
        boolean hasPorts =
                protocol == ServiceLibrary.TCP || protocol == ServiceLibrary.UDP || protocol == ServiceLibrary.SCTP;
        if (hasPorts) {
            return sourcePort >= service.sourcePortFirst()
                    && sourcePort <= service.sourcePortLast()
                    && destinationPort >= service.destinationPortFirst()
                    && destinationPort <= service.destinationPortLast();
        }
        return (service.icmpType() == -1 || service.icmpType() == icmpType)
                && (service.icmpCode() == -1 || service.icmpCode() == icmpCode);
    }
}
