package io.portcullis.vnic;

import java.time.Duration;

/**
 * The intervals and deadlines of a host's agent.
 *
 * @param checkpointInterval between two rounds of checkpoints
 * @param healInterval between two subscriptions to a tenant, and between two tries of whatever failed
 * @param rulesTimeout how long an attach waits for rule tables
 * @param firewallTimeout deadline of one command to a firewall
 */
public record HostTiming(
        Duration checkpointInterval, Duration healInterval, Duration rulesTimeout, Duration firewallTimeout) {
    public static final HostTiming DEFAULT =
            new HostTiming(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3), Duration.ofSeconds(5));

    public HostTiming withCheckpointInterval(Duration interval) {
        return new HostTiming(interval, healInterval, rulesTimeout, firewallTimeout);
    }
}
