package io.portcullis.policy.model;

import static io.portcullis.policy.table.ServiceMatch.icmp;
import static io.portcullis.policy.table.ServiceMatch.ports;
import static io.portcullis.policy.table.ServiceMatch.protocol;

import io.portcullis.policy.table.ServiceMatch;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** The services that every tenant has. Numbers from the IANA registries of protocols, ports and ICMP types. */
public final class ServiceLibrary {
    public static final int ICMP = 1;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int ICMPV6 = 58;
    public static final int SCTP = 132;

    /** By name; immutable. A tenant cannot redefine them. */
    public static final SortedMap<String, Service> BUILT_IN = builtIn();

    private ServiceLibrary() {}

    /** {@code tcp}, {@code udp}, {@code sctp}, {@code icmp}, {@code icmpv6}, or the number of any other IP protocol. */
    public static String protocolName(int protocol) {
        return switch (protocol) {
            case ICMP -> "icmp";
            case TCP -> "tcp";
            case UDP -> "udp";
            case ICMPV6 -> "icmpv6";
            case SCTP -> "sctp";
            default -> Integer.toString(protocol);
        };
    }

    private static SortedMap<String, Service> builtIn() {
        SortedMap<String, Service> services = new TreeMap<>();
        put(services, "tcp", protocol(TCP));
        put(services, "udp", protocol(UDP));
        put(services, "icmp", protocol(ICMP));
        put(services, "icmpv6", protocol(ICMPV6));
        put(services, "icmp-echo", icmp(ICMP, 8, 0));
        put(services, "icmpv6-echo", icmp(ICMPV6, 128, 0));
        put(services, "ping", icmp(ICMP, 8, 0), icmp(ICMPV6, 128, 0));
        put(services, "ssh", ports(TCP, 22, 22));
        put(services, "smtp", ports(TCP, 25, 25));
        put(services, "dns", ports(UDP, 53, 53), ports(TCP, 53, 53));
        put(services, "dhcp", ports(UDP, 67, 68));
        put(services, "dhcpv6", ports(UDP, 546, 547));
        put(services, "tftp", ports(UDP, 69, 69));
        put(services, "http", ports(TCP, 80, 80));
        put(services, "kerberos", ports(TCP, 88, 88), ports(UDP, 88, 88));
        put(services, "ntp", ports(UDP, 123, 123));
        put(services, "snmp", ports(UDP, 161, 162));
        put(services, "ldap", ports(TCP, 389, 389), ports(UDP, 389, 389));
        put(services, "https", ports(TCP, 443, 443));
        put(services, "http3", ports(UDP, 443, 443));
        put(services, "smb", ports(TCP, 445, 445));
        put(services, "syslog", ports(UDP, 514, 514), ports(TCP, 6_514, 6_514));
        put(services, "ldaps", ports(TCP, 636, 636));
        put(services, "mssql", ports(TCP, 1_433, 1_433));
        put(services, "oracle", ports(TCP, 1_521, 1_521));
        put(services, "nfs", ports(TCP, 2_049, 2_049));
        put(services, "mysql", ports(TCP, 3_306, 3_306));
        put(services, "rdp", ports(TCP, 3_389, 3_389), ports(UDP, 3_389, 3_389));
        put(services, "iperf3", ports(TCP, 5_201, 5_201), ports(UDP, 5_201, 5_201));
        put(services, "postgresql", ports(TCP, 5_432, 5_432));
        put(services, "redis", ports(TCP, 6_379, 6_379));
        put(services, "http-alt", ports(TCP, 8_080, 8_080));
        return Collections.unmodifiableSortedMap(services);
    }

    private static void put(SortedMap<String, Service> services, String name, ServiceMatch... matches) {
        services.put(name, Service.of(name, matches));
    }
}
