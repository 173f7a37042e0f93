package io.portcullis.cli;

import io.portcullis.api.EvaluateRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say which connection is meant. */
final class ConnectionOptions {
    @Option(
            names = "--from",
            required = true,
            paramLabel = "END",
            description = "Who opens it: VM, VM/NIC or an address.")
    private String from = "";

    @Option(names = "--to", required = true, paramLabel = "END", description = "Whom it is for: likewise.")
    private String to = "";

    @Option(
            names = {"--proto", "--protocol"},
            required = true,
            paramLabel = "PROTOCOL",
            description = "tcp, udp, sctp, icmp, icmpv6 or a number.")
    private String protocol = "";

    @Option(names = "--port", paramLabel = "PORT", description = "Destination port.")
    private @Nullable Integer port;

    @Option(names = "--source-port", paramLabel = "PORT", description = "Source port (default: an ephemeral one).")
    private @Nullable Integer sourcePort;

    @Option(names = "--icmp-type", paramLabel = "TYPE", description = "ICMP type (default: echo request).")
    private @Nullable Integer icmpType;

    @Option(names = "--icmp-code", paramLabel = "CODE", description = "ICMP code (default 0).")
    private @Nullable Integer icmpCode;

    @Option(names = "--flags", split = ",", paramLabel = "FLAG", description = "TCP flags of the packet (default syn).")
    private @Nullable List<String> flags;

    @Option(
            names = "--from-address",
            paramLabel = "ADDRESS",
            description = "Only this address of the sender; may be one that its vNIC could learn.")
    private @Nullable String fromAddress;

    @Option(names = "--to-address", paramLabel = "ADDRESS", description = "Only this address of the receiver.")
    private @Nullable String toAddress;

    @Option(names = "--family", paramLabel = "FAMILY", description = "Only ipv4 or only ipv6.")
    private @Nullable String family;

    @Option(
            names = "--router-mac",
            paramLabel = "MAC",
            description = "The router's MAC address, where rules on frames name it.")
    private @Nullable String routerMac;

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "As if it were then, by policies and rules as they are now: 2027-01-31T18:00:00Z, or"
                    + " 2027-01-31T18:00[Europe/Berlin].")
    private @Nullable String at;

    EvaluateRequest request() {
        return EvaluateRequest.between(from, to, protocol)
                .port(port)
                .sourcePort(sourcePort)
                .icmpType(icmpType)
                .icmpCode(icmpCode)
                .flags(flags)
                .fromAddress(fromAddress)
                .toAddress(toAddress)
                .family(family)
                .routerMac(routerMac)
                .at(at)
                .build();
    }
}
