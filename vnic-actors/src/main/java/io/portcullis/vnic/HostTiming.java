package io.portcullis.vnic;

import java.time.Duration;

/**
 * The intervals and deadlines of a host's agent.
 *
 * @param checkpointInterval between two rounds of checkpoints
 * @param hitsInterval between two writes of what rules have counted
 * @param healInterval between two subscriptions to a tenant, and between two tries of whatever failed
 * @param rulesTimeout how long an attach waits for rule tables
 * @param firewallTimeout deadline of one command to a firewall
 */
public record HostTiming(
        Duration checkpointInterval,
        Duration hitsInterval,
        Duration healInterval,
        Duration rulesTimeout,
        Duration firewallTimeout) {
    public static final HostTiming DEFAULT = new HostTiming(
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(2),
            Duration.ofSeconds(3),
            Duration.ofSeconds(5));

    /** With other intervals of what is written. */
    public HostTiming withWrites(Duration checkpoints, Duration hits) {
        return new HostTiming(checkpoints, hits, healInterval, rulesTimeout, firewallTimeout);
    }
}
