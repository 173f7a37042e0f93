package io.portcullis.policy.evaluate;

import io.portcullis.policy.Action;
import org.jspecify.annotations.Nullable;

/**
 * What both firewalls on a path say about a connection's first packet.
 *
 * @param source null if the sender is no vNIC of the tenant
 * @param destination null if the receiver is none; else as if the packet arrived, whatever the source says
 */
public record PathEvaluation(
        Path path, @Nullable Evaluation source, @Nullable Evaluation destination) {
    /** ALLOW if nobody objects, else what the first who does says. */
    public Action verdict() {
        if (source != null && !source.decision().allows()) {
            return source.decision().verdict();
        }
        return destination == null ? Action.ALLOW : destination.decision().verdict();
    }
}
