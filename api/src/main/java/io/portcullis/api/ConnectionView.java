package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tracked connection.
 *
 * @param protocol {@code tcp}, {@code udp}, {@code icmp}, {@code icmpv6} or a number
 * @param originator {@code address:port} of the side that began
 * @param direction {@code OUT}: the VM began; {@code IN}: it was called
 * @param rule name of the rule that allows it, {@code policy/rule}; null if that rule is gone
 * @param revision under which it was admitted or last judged again
 * @param admittedBy name of the rule that admitted it when it was opened, on whatever host; null if that rule is gone
 * @param admittedRevision under which it was opened
 * @param ageMillis since its first packet
 * @param provenance why, if that was asked: how it was admitted and, if it was, how it was last judged again; null if it was not asked
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
        @Nullable String admittedBy,
        long admittedRevision,
        long ageMillis,
        long idleMillis,
        long packets,
        long bytes,
        @Nullable List<ProvenanceView> provenance) {}
