package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * A tracked connection.
 *
 * @param protocol {@code tcp}, {@code udp}, {@code icmp}, {@code icmpv6} or a number
 * @param originator {@code address:port} of the side that began
 * @param direction {@code OUT}: the VM began; {@code IN}: it was called
 * @param rule name of the rule that admitted it, null if that rule is gone
 * @param revision under which it was admitted or last judged again
 * @param ageMillis since its first packet
 */
public record ConnectionView(
        String protocol,
        String originator,
        String responder,
        String state,
        String direction,
        @Nullable String rule,
        long ruleId,
        long revision,
        long ageMillis,
        long idleMillis,
        long packets,
        long bytes) {}
