package io.portcullis.admin.document;

import io.portcullis.api.ServiceEntry;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.table.ServiceMatch;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Writes protocols, ports and ICMP types for people. */
public final class ServiceText {
    /** By bit of the flags byte (RFC 9293, 3.1). */
    static final List<String> TCP_FLAGS = List.of("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr");

    private ServiceText() {}

    /** {@code tcp}, {@code udp}, {@code icmp}, {@code icmpv6}, {@code sctp}, {@code any}, or the number. */
    public static String protocol(int number) {
        return number == ServiceMatch.ANY_PROTOCOL ? ModelReader.ANY : ServiceLibrary.protocolName(number);
    }

    /** In one word: {@code tcp/443}, {@code icmp/8/0}, {@code any}; with TCP flags {@code tcp/443 +syn -ack}. */
    public static String brief(ServiceMatch match) {
        StringBuilder text = new StringBuilder(protocol(match.protocol()));
        String ports = ports(match.destinationPortFirst(), match.destinationPortLast());
        if (ports != null) {
            text.append('/').append(ports);
        }
        String sourcePorts = ports(match.sourcePortFirst(), match.sourcePortLast());
        if (sourcePorts != null) {
            text.append(" from ").append(sourcePorts);
        }
        if (match.icmpType() >= 0) {
            text.append('/').append(match.icmpType());
        }
        if (match.icmpCode() >= 0) {
            text.append('/').append(match.icmpCode());
        }
        flags(match.tcpFlagsValue()).forEach(flag -> text.append(" +").append(flag));
        flags(match.tcpFlagsMask() & ~match.tcpFlagsValue())
                .forEach(flag -> text.append(" -").append(flag));
        return text.toString();
    }

    static ServiceEntry entry(ServiceMatch match) {
        String ports = ports(match.destinationPortFirst(), match.destinationPortLast());
        String sourcePorts = ports(match.sourcePortFirst(), match.sourcePortLast());
        return new ServiceEntry(
                protocol(match.protocol()),
                ports == null ? null : List.of(ports),
                sourcePorts == null ? null : List.of(sourcePorts),
                match.icmpType() < 0 ? null : match.icmpType(),
                match.icmpCode() < 0 ? null : match.icmpCode(),
                noneIfEmpty(flags(match.tcpFlagsValue())),
                noneIfEmpty(flags(match.tcpFlagsMask() & ~match.tcpFlagsValue())));
    }

    private static List<String> flags(int bits) {
        return IntStream.range(0, TCP_FLAGS.size())
                .filter(bit -> (bits & 1 << bit) != 0)
                .mapToObj(TCP_FLAGS::get)
                .toList();
    }

    private static @Nullable List<String> noneIfEmpty(List<String> list) {
        return list.isEmpty() ? null : list;
    }

    private static @Nullable String ports(int first, int last) {
        if (first == 0 && last == ServiceMatch.MAX_PORT) {
            return null;
        }
        return first == last ? Integer.toString(first) : first + "-" + last;
    }
}
