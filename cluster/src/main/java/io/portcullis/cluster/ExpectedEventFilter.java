package io.portcullis.cluster;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.List;

/**
 * Keeps out of the log what Pekko reports as an error or a warning, but belongs to the ordinary life of a node, or is said by
 * the node in words that help. Named in {@code logback.xml}.
 */
public final class ExpectedEventFilter extends Filter<ILoggingEvent> {
    private static final List<String> EXPECTED = List.of(
            // NodeGuardian says which seeds are asked, and why it gives up.
            "Couldn't join seed nodes",
            "Joining of seed-nodes",
            // MembershipLog says it with the host's name.
            "Marking node as UNREACHABLE",
            // A node joined and has not registered its regions yet; later attempts are logged.
            "'updating-state-timeout': 5000 millis (retrying). Attempt 1.",
            // All nodes are stopped at once, so that nobody is left to confirm.
            "Coordinated shutdown phase [cluster-exiting] timed out",
            // Connections to an embedded database whose process has ended first; all that was acknowledged is on disk.
            "Coordinated shutdown phase [before-actor-system-terminate] timed out",
            "Coordinated shutdown phase [actor-system-terminate] timed out",
            // Messages to entities that move or end with their node: who asks has a deadline, and repeats.
            "buffered messages to shard",
            "Graceful shutdown of shard region timed out",
            // Said by PortcullisNode with the setting to change.
            "Bind failed for TCP channel on endpoint");

    @Override
    public FilterReply decide(ILoggingEvent event) {
        if (event.getThrowableProxy() != null
                && event.getThrowableProxy()
                        .getClassName()
                        .equals(HostShardAllocationStrategy.HostNotUpException.class.getName())) {
            return FilterReply.DENY;
        }
        String message = event.getFormattedMessage();
        return EXPECTED.stream().anyMatch(message::contains) ? FilterReply.DENY : FilterReply.NEUTRAL;
    }
}
