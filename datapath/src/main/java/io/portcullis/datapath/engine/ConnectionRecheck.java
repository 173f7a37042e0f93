package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.TrackResult;
import io.portcullis.policy.Action;
import org.jspecify.annotations.Nullable;

/**
 * Judges connections that were last judged under another revision, when a packet of theirs comes. The connection's first packet decides ({@link
 * LiveFlowJudge}). One thread, no allocation.
 */
final class ConnectionRecheck {
    private VnicWorks works;
    private ConnectionTracker tracker;
    private ConnectionTable table;
    private final LiveFlowJudge liveFlows;
    private final FrameOutcomes outcomes;
    private final RefusalReplies replies;

    ConnectionRecheck(VnicWorks works, LiveFlowJudge liveFlows, FrameOutcomes outcomes, RefusalReplies replies) {
        this.works = works;
        tracker = works.tracker;
        table = works.table;
        this.liveFlows = liveFlows;
        this.outcomes = outcomes;
        this.replies = replies;
    }

    void turnTo(VnicWorks newWorks) {
        works = newWorks;
        tracker = newWorks.tracker;
        table = newWorks.table;
        liveFlows.turnTo(tracker);
    }

    /**
     * The next packet of a connection.
     *
     * @param tracked a hit, of the tracker's connection
     * @return null if the connection was released to a stateless rule: it is not in the table any more, and the packet has none
     */
    @Nullable
    Verdict judge(
            PolicyInForce inForce,
            PacketView packet,
            TrackResult tracked,
            Direction direction,
            long nowNanos,
            Burst toSender,
            Burst toReceiver) {
        works.counters.event(Event.CONNECTIONS_RECHECKED);
        int slot = tracker.connection();
        int decision = liveFlows.decide(inForce, slot);
        if (LiveFlowJudge.isReleased(inForce, decision)) {
            tracker.remove(slot);
            works.counters.event(Event.CONNECTIONS_RELEASED);
            return null;
        }
        Action action = inForce.action(decision);
        if (LiveFlowJudge.goesOn(inForce, decision)) {
            long ruleId = action == Action.ALLOW ? inForce.ruleId(decision) : table.ruleId(slot);
            table.judged(slot, ruleId, inForce.revision());
            return outcomes.allow(packet, direction);
        }
        inForce.countHit(decision, nowNanos);
        boolean isReset = LiveFlowJudge.isReset(inForce, decision, packet.isTcp());
        int expected = isReset ? table.resetSequence(slot, tracked == TrackResult.HIT_REPLY) : 0;
        tracker.remove(slot);
        works.counters.event(Event.CONNECTIONS_CUT);
        Action said = isReset ? Action.REJECT : action;
        works.log(Cause.CUT, inForce.rule(decision), said, inForce.revision(), packet, direction, nowNanos);
        if (isReset) {
            replies.resetReceiver(packet, expected, nowNanos, toReceiver);
        }
        return isReset || action == Action.REJECT
                ? outcomes.reject(packet, direction, DropReason.CUT, nowNanos, toSender)
                : outcomes.drop(direction, DropReason.CUT);
    }

    /**
     * An ICMP error about a packet of the tracker's connection: it goes where its connection may go, and never changes it.
     *
     * @return null if a stateless rule allows the connection now: then the error is about none
     */
    @Nullable
    Verdict related(PolicyInForce inForce, PacketView packet, Direction direction) {
        int slot = tracker.connection();
        if (!table.isCurrent(slot)) {
            int decision = liveFlows.decide(inForce, slot);
            if (LiveFlowJudge.isReleased(inForce, decision)) {
                return null;
            }
            if (!LiveFlowJudge.goesOn(inForce, decision)) {
                return outcomes.drop(direction, DropReason.CUT);
            }
        }
        works.counters.event(Event.RELATED);
        return outcomes.allow(packet, direction);
    }
}
