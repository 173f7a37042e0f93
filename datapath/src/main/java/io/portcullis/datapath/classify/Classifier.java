package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;

/**
 * Finds the rule that decides about a connection's first packet: of every category but ETHERNET, whose rules judge frames
 * ({@link FrameRules}). Immutable after construction, thread-safe, no
 * allocation per call; one instance serves every vNIC with the same rule table.
 */
@FunctionalInterface
public interface Classifier {
    /** No rule matched: the table's default decides. */
    int DEFAULT = -1;

    /**
     * Index in {@code RuleTable.rules()} of the deciding rule, or {@link #DEFAULT}. A rule that says PASS never decides: it
     * ends the evaluation of its {@link io.portcullis.policy.Stage}.
     *
     * @param packet an IP packet with its transport header; sender is the connection's originator
     * @param direction of that packet, as seen from the VM
     */
    int classify(PacketView packet, Direction direction);
}
