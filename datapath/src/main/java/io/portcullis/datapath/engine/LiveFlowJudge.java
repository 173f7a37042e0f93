package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import org.jspecify.annotations.Nullable;

/**
 * What rules mean for a connection that was admitted under others. {@link ConnectionRecheck} decides by it when the connection's next packet comes,
 * {@link LiveFlowReview} tells by it beforehand. One thread, no allocation, nothing is counted.
 */
final class LiveFlowJudge {
    private ConnectionTracker tracker;
    private ConnectionTable table;
    /** Made with the first connection that is asked about. */
    private @Nullable PacketView original;

    LiveFlowJudge(ConnectionTracker tracker) {
        this.tracker = tracker;
        table = tracker.table();
    }

    void turnTo(ConnectionTracker newTracker) {
        tracker = newTracker;
        table = newTracker.table();
    }

    /** What the rules say about the first packet of a connection, or of the one that announced it. */
    int decide(PolicyInForce rules, int slot) {
        // without the helper nobody knows of announcements
        int parent = rules.table().ftpHelper() ? tracker.parent(slot) : ConnectionTable.NONE;
        if (parent != ConnectionTable.NONE) {
            int decision = decideItself(rules, parent);
            if (!isReleased(rules, decision)) {
                return decision;
            }
        }
        return decideItself(rules, slot);
    }

    private int decideItself(PolicyInForce rules, int slot) {
        PacketView first = original == null ? new PacketView() : original;
        original = first;
        table.originalTuple(slot, first);
        return rules.decide(first, table.isOutbound(slot) ? Direction.OUT : Direction.IN);
    }

    /**
     * Whether a connection about which this was decided is none any more, without being cut: a stateless rule allows it, so that its packets
     * are judged one by one.
     */
    static boolean isReleased(PolicyInForce rules, int decision) {
        return rules.isStateless(decision)
                && rules.action(decision) == Action.ALLOW
                && rules.liveFlowMode(decision) != LiveFlowMode.KEEP;
    }

    /** Whether a connection about which this was decided goes on; ask first whether it {@link #isReleased}. */
    static boolean goesOn(PolicyInForce rules, int decision) {
        return rules.action(decision) == Action.ALLOW || rules.liveFlowMode(decision) == LiveFlowMode.KEEP;
    }

    /** Whether both ends of a connection that does not go on are told so. */
    static boolean isReset(PolicyInForce rules, int decision, boolean isTcp) {
        return isTcp && rules.liveFlowMode(decision) == LiveFlowMode.RESET;
    }
}
