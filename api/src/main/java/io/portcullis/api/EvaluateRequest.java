package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection's first packet, or one of none, about which the tenant's policy is asked.
 *
 * @param from a VM ({@code web-1}), one of its vNICs ({@code web-1/eth0}), or an address; of a VM or a vNIC each of its addresses
 * @param to likewise; not both may be addresses of nobody
 * @param protocol {@code tcp}, {@code udp}, {@code sctp}, {@code icmp}, {@code icmpv6} or a number from 0 to 255
 * @param port destination port; tcp, udp and sctp need it, others have none
 * @param sourcePort an ephemeral one if none is given
 * @param icmpType an echo request if none is given
 * @param icmpCode 0 if none is given
 * @param flags of TCP, by name; SYN alone if none are given
 * @param fromAddress the only address of {@code from} that is asked about; may be one that its vNIC could learn
 * @param toAddress likewise of {@code to}
 * @param family {@code IPV4} or {@code IPV6}: the other one is not asked about
 * @param routerMac MAC address of the router, where rules name it; without, one that no rule names
 * @param at when the connection is opened, as {@code 2027-01-31T18:00:00Z}, by policies and rules as they are now; now if not given
 */
public record EvaluateRequest(
        String from,
        String to,
        String protocol,
        @Nullable Integer port,
        @Nullable Integer sourcePort,
        @Nullable Integer icmpType,
        @Nullable Integer icmpCode,
        @Nullable List<String> flags,
        @Nullable String fromAddress,
        @Nullable String toAddress,
        @Nullable String family,
        @Nullable String routerMac,
        @Nullable String at) {
    /** Between these, with this protocol; the rest as it is by default, until it is said. */
    public static Builder between(String from, String to, String protocol) {
        return new Builder(from, to, protocol);
    }

    /** Of a protocol with ports, the rest as it is by default. */
    public static EvaluateRequest ofPort(String from, String to, String protocol, int port) {
        return between(from, to, protocol).port(port).build();
    }

    /** A request that comes about bit by bit; null stands for the default. One thread; may be built several times. */
    public static final class Builder {
        private final String from;
        private final String to;
        private final String protocol;
        private @Nullable Integer port;
        private @Nullable Integer sourcePort;
        private @Nullable Integer icmpType;
        private @Nullable Integer icmpCode;
        private @Nullable List<String> flags;
        private @Nullable String fromAddress;
        private @Nullable String toAddress;
        private @Nullable String family;
        private @Nullable String routerMac;
        private @Nullable String at;

        private Builder(String from, String to, String protocol) {
            this.from = from;
            this.to = to;
            this.protocol = protocol;
        }

        public Builder port(@Nullable Integer value) {
            port = value;
            return this;
        }

        public Builder sourcePort(@Nullable Integer value) {
            sourcePort = value;
            return this;
        }

        public Builder icmpType(@Nullable Integer value) {
            icmpType = value;
            return this;
        }

        public Builder icmpCode(@Nullable Integer value) {
            icmpCode = value;
            return this;
        }

        public Builder flags(@Nullable List<String> value) {
            flags = value;
            return this;
        }

        public Builder fromAddress(@Nullable String value) {
            fromAddress = value;
            return this;
        }

        public Builder toAddress(@Nullable String value) {
            toAddress = value;
            return this;
        }

        public Builder family(@Nullable String value) {
            family = value;
            return this;
        }

        public Builder routerMac(@Nullable String value) {
            routerMac = value;
            return this;
        }

        public Builder at(@Nullable String value) {
            at = value;
            return this;
        }

        public EvaluateRequest build() {
            return new EvaluateRequest(
                    from,
                    to,
                    protocol,
                    port,
                    sourcePort,
                    icmpType,
                    icmpCode,
                    flags,
                    fromAddress,
                    toAddress,
                    family,
                    routerMac,
                    at);
        }
    }
}
