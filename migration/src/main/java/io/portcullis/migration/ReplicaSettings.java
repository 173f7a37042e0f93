package io.portcullis.migration;

import com.typesafe.config.Config;
import io.portcullis.migration.model.ReplicaSending;
import java.time.Duration;

/**
 * {@code portcullis.migration.replica}; every value is explained in this module's {@code reference.conf}.
 *
 * @param interval between two looks at what is new
 * @param maxBytes of replicas that a host keeps for others
 * @param patience for an answer of the other host, and until one that is no member is left for another
 * @param retryInterval until a host that refused is asked again
 * @param takeInTimeout how long an attach waits for a replica
 */
public record ReplicaSettings(
        Duration interval, long maxBytes, Duration patience, Duration retryInterval, Duration takeInTimeout) {
    static ReplicaSettings of(Config config) {
        long maxBytes = config.getBytes("max-bytes");
        if (maxBytes < 0 || maxBytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "portcullis.migration.replica.max-bytes must be 0 to " + Integer.MAX_VALUE + ", not " + maxBytes);
        }
        return new ReplicaSettings(
                config.getDuration("interval"),
                maxBytes,
                config.getDuration("patience"),
                config.getDuration("retry-interval"),
                config.getDuration("take-in-timeout"));
    }

    ReplicaSending.Limits limits() {
        return new ReplicaSending.Limits(patience.toNanos(), retryInterval.toNanos(), retryInterval.toNanos());
    }
}
