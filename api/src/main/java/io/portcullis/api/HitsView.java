package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How often a tenant's rules decided, summed over the cluster.
 *
 * @param countedSince from when on every host counted everything; null if from the beginning
 * @param complete whether nobody's counts are missing
 * @param silentHosts hosts that may have counted more, as they do not answer: what they wrote last is in the sums
 * @param truncated whether there are more rules than were listed
 * @param rules in order of evaluation; the default comes last, and only if all policies were asked for
 */
public record HitsView(
        String tenant,
        long revision,
        @Nullable String countedSince,
        boolean complete,
        List<String> silentHosts,
        boolean truncated,
        List<Rule> rules) {
    /**
     * A rule.
     *
     * @param policy null for the default
     * @param rule its name; {@code default} for the default
     * @param category null for the default
     * @param active whether its policy is enabled and active now, and it has not expired
     * @param hits first packets of connections about which it decided, packets that it refused, live connections that it cut; of category ETHERNET: frames
     * @param lastHit when it decided last, or a connection that it allows had a packet; null if never
     */
    public record Rule(
            @Nullable String policy,
            String rule,
            @Nullable String category,
            String action,
            boolean active,
            long hits,
            @Nullable String lastHit) {}
}
