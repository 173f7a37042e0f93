package io.portcullis.cluster;

import io.portcullis.persistence.ClusterRoll;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * When the first of the seeds may form a cluster. That none of the other seeds answers it does not show that there is none: they may be busy, or cut off. It may
 * when nobody else is on the roll, or nobody else who is has counted its beat for long enough. Not safe for use by several threads.
 */
final class FormingRule {
    /** A node in the cluster beats every {@link ClusterEntry#BEAT_INTERVAL}; whoever is silent for so long is in none. */
    static final Duration SILENCE = Duration.ofSeconds(12);

    private @Nullable Map<String, Long> beats;
    private long sinceNanos;

    /**
     * Whether the node may form a cluster.
     *
     * @param others on the roll, without the node's own host
     * @param nowNanos of a clock that does not jump
     */
    boolean allows(List<ClusterRoll.Entry> others, long nowNanos) {
        if (others.isEmpty()) {
            return true;
        }
        Map<String, Long> now =
                others.stream().collect(Collectors.toMap(entry -> entry.host().value(), ClusterRoll.Entry::beat));
        Map<String, Long> before = beats;
        beats = now;
        // whoever was struck off is no news of a life
        boolean isAlive = before == null
                || now.entrySet().stream().anyMatch(entry -> !entry.getValue().equals(before.get(entry.getKey())));
        if (isAlive) {
            sinceNanos = nowNanos;
        }
        return nowNanos - sinceNanos >= SILENCE.toNanos();
    }
}
