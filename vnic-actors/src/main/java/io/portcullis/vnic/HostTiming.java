package io.portcullis.vnic;

import java.time.Duration;

/**
 * The intervals and deadlines of a host's agent, and how much it writes.
 *
 * @param checkpointInterval between two rounds of checkpoints
 * @param checkpointBytesPerSecond that are written of checkpoints
 * @param hitsInterval between two writes of what rules have counted
 * @param healInterval between two subscriptions to a tenant, and between two tries of whatever failed
 * @param rulesTimeout how long an attach waits for rule tables
 * @param firewallTimeout deadline of one command to a firewall
 */
public record HostTiming(
        Duration checkpointInterval,
        long checkpointBytesPerSecond,
        Duration hitsInterval,
        Duration healInterval,
        Duration rulesTimeout,
        Duration firewallTimeout) {
    public static final HostTiming DEFAULT = new HostTiming(
            Duration.ofSeconds(1),
            8 << 20,
            Duration.ofSeconds(10),
            Duration.ofSeconds(2),
            Duration.ofSeconds(3),
            Duration.ofSeconds(5));

    /** With other intervals of what is written. */
    public HostTiming withWrites(Duration checkpoints, Duration hits) {
        return new HostTiming(checkpoints, checkpointBytesPerSecond, hits, healInterval, rulesTimeout, firewallTimeout);
    }

    /** With another bound on what is written of checkpoints. */
    public HostTiming withCheckpointRate(long bytesPerSecond) {
        return new HostTiming(
                checkpointInterval, bytesPerSecond, hitsInterval, healInterval, rulesTimeout, firewallTimeout);
    }
}
