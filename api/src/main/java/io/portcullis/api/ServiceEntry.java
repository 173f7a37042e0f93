package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Protocol with its ports or ICMP type.
 *
 * @param protocol {@code tcp}, {@code udp}, {@code sctp}, {@code icmp}, {@code icmpv6}, {@code any} or a number from 0 to 255
 * @param ports destination ports: {@code 80} or {@code 8000-8100}; none means all
 * @param sourcePorts likewise
 * @param type ICMP type, 0 to 255; none means all
 * @param code ICMP code, 0 to 255; none means all
 * @param flagsSet TCP flags of a connection's first packet that must be set: {@code fin}, {@code syn}, {@code rst}, {@code psh},
 *     {@code ack}, {@code urg}, {@code ece}, {@code cwr}
 * @param flagsClear those that must not
 */
public record ServiceEntry(
        String protocol,
        @Nullable List<String> ports,
        @Nullable List<String> sourcePorts,
        @Nullable Integer type,
        @Nullable Integer code,
        @Nullable List<String> flagsSet,
        @Nullable List<String> flagsClear) {}
