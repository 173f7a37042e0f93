package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.guard.ConnectionLimiter;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.InsertResult;
import io.portcullis.datapath.track.TrackResult;
import io.portcullis.policy.Action;
import org.jspecify.annotations.Nullable;

/**
 * What {@link FrameJudge} decides about packets that are of no connection: the rules are asked, and a connection is opened, or not. One
 * thread, no allocation.
 */
final class FirstPackets {
    /** No place of a rule, nor that of the default: no connection announced the packet, or none that is allowed. */
    static final int NOT_ANNOUNCED = Integer.MIN_VALUE;

    /** That which is decided about. */
    private final PacketView packet;

    private VnicWorks works;
    private ConnectionTracker tracker;
    private final LiveFlowJudge liveFlows;
    private final FrameOutcomes outcomes;
    private @Nullable DecisionTrace trace;
    private @Nullable ShadowPolicy shadow;

    /** @param packet filled anew before each call */
    FirstPackets(PacketView packet, VnicWorks works, LiveFlowJudge liveFlows, FrameOutcomes outcomes) {
        this.packet = packet;
        this.works = works;
        tracker = works.tracker;
        this.liveFlows = liveFlows;
        this.outcomes = outcomes;
    }

    void turnTo(VnicWorks newWorks) {
        works = newWorks;
        tracker = newWorks.tracker;
        trace = newWorks.trace();
        shadow = newWorks.shadow();
    }

    /** A packet that may open a connection, or needs none. */
    Verdict decide(PolicyInForce inForce, TrackResult tracked, Direction direction, long nowNanos, Burst toSender) {
        return inForce.tracksAlike()
                ? admit(
                        inForce,
                        decideFirst(inForce, direction),
                        tracked != TrackResult.MISS_UNTRACKED,
                        direction,
                        nowNanos,
                        toSender)
                : decideByRule(inForce, tracked, direction, nowNanos, toSender);
    }

    /** A packet of no connection, where rules do not all keep state alike: the one that decides about it says what it may be. */
    private Verdict decideByRule(
            PolicyInForce inForce, TrackResult tracked, Direction direction, long nowNanos, Burst toSender) {
        int decision = decideFirst(inForce, direction);
        if (inForce.isStateless(decision)) {
            return judgeByItself(inForce, decision, tracked, direction, nowNanos, toSender);
        }
        boolean isPickedUp = packet.isTcp() && !packet.hasTcpFlag(PacketView.TCP_SYN);
        boolean isFirst = !tracked.isInvalid() && (!isPickedUp || inForce.picksUp(decision));
        if (!isFirst && !inForce.isExcluded()) {
            return outcomes.invalid(tracked.isInvalid() ? tracked : TrackResult.INVALID_NO_CONNECTION, direction);
        }
        return admit(inForce, decision, tracked != TrackResult.MISS_UNTRACKED, direction, nowNanos, toSender);
    }

    /** A packet about which a stateless rule decides: no connection, no limit, and its answer will be judged likewise. */
    private Verdict judgeByItself(
            PolicyInForce inForce,
            int decision,
            TrackResult tracked,
            Direction direction,
            long nowNanos,
            Burst toSender) {
        Action action = inForce.action(decision);
        noteDecision(Cause.PACKET, inForce, decision, direction, nowNanos);
        if (trace != null) {
            trace.stateless();
        }
        if (shadow != null) {
            shadow.packet(
                    packet,
                    direction,
                    action == Action.ALLOW,
                    inForce.ruleNameOf(decision),
                    !tracked.isInvalid(),
                    nowNanos);
        }
        return switch (action) {
            case ALLOW -> outcomes.allow(packet, direction);
            case REJECT -> outcomes.reject(packet, direction, DropReason.REJECT, nowNanos, toSender);
            case DROP, PASS -> outcomes.drop(direction, DropReason.POLICY);
        };
    }

    /** What cannot be the next packet of its connection, or has none and opens none. */
    Verdict decideInvalid(
            PolicyInForce inForce, TrackResult tracked, Direction direction, long nowNanos, Burst toSender) {
        if (inForce.isExcluded()) {
            return admit(inForce, decideFirst(inForce, direction), false, direction, nowNanos, toSender);
        }
        if (tracked.opensNothing()) {
            if (inForce.hasStateless()) {
                return decideByRule(inForce, tracked, direction, nowNanos, toSender);
            }
            if (shadow != null) {
                shadow.packet(packet, direction, false, "", false, nowNanos);
            }
        }
        return outcomes.invalid(tracked, direction);
    }

    /** The first packet of a connection, or one of no connection. */
    private Verdict admit(
            PolicyInForce inForce,
            int decision,
            boolean isTracked,
            Direction direction,
            long nowNanos,
            Burst toSender) {
        noteDecision(Cause.FIRST_PACKET, inForce, decision, direction, nowNanos);
        if (shadow != null) {
            evaluateStaged(shadow, inForce, decision, direction, nowNanos);
        }
        return switch (inForce.action(decision)) {
            case ALLOW -> {
                DropReason refused = isTracked ? open(inForce, decision, direction, nowNanos) : null;
                yield refused == null || inForce.isExcluded()
                        ? outcomes.allow(packet, direction)
                        : outcomes.drop(direction, refused);
            }
            case REJECT -> outcomes.reject(packet, direction, DropReason.REJECT, nowNanos, toSender);
            case DROP, PASS -> outcomes.drop(direction, DropReason.POLICY);
        };
    }

    private void noteDecision(Cause cause, PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
        inForce.countHit(decision, nowNanos);
        if (trace != null) {
            trace.ruled(inForce.ruleId(decision));
        }
        log(cause, inForce, decision, inForce.action(decision), direction, nowNanos);
    }

    /** What another connection announced shares that one's rule, if that allows it. */
    private int decideFirst(PolicyInForce inForce, Direction direction) {
        if (tracker.expectedBy() == ConnectionTable.NONE) {
            return inForce.decide(packet, direction);
        }
        int decision = decideAnnounced(inForce);
        if (decision == NOT_ANNOUNCED) {
            return inForce.decide(packet, direction);
        }
        works.counters.event(Event.CONNECTIONS_EXPECTED);
        return decision;
    }

    /** By itself, so that what every first packet goes through stays small enough to be compiled as one. */
    private void evaluateStaged(
            ShadowPolicy staged, PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
        staged.firstPacket(packet, direction, inForce, decision, decideAnnounced(staged.rules()), nowNanos);
    }

    /** By which rule the connection that announced this one is allowed, or {@link #NOT_ANNOUNCED}. */
    private int decideAnnounced(PolicyInForce rules) {
        int parent = tracker.expectedBy();
        int decision = parent == ConnectionTable.NONE ? NOT_ANNOUNCED : liveFlows.decide(rules, parent);
        // a stateless rule opens no connection, not even to another's
        return decision != NOT_ANNOUNCED && rules.action(decision) == Action.ALLOW && !rules.isStateless(decision)
                ? decision
                : NOT_ANNOUNCED;
    }

    /** Puts the connection of a packet that the rules allow into the table; null if it is there, else why not. */
    private @Nullable DropReason open(PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
        ConnectionLimiter limiter = works.limiter();
        switch (limiter.admit(packet, direction, nowNanos)) {
            case SYN_PUT_OFF -> {
                return DropReason.SYN_PUT_OFF;
            }
            case OVER_RATE -> {
                return DropReason.NEW_RATE;
            }
            case YES -> {}
        }
        boolean isIn = insert(inForce, decision, direction, nowNanos)
                || (limiter.makeRoom() && insert(inForce, decision, direction, nowNanos));
        if (!isIn) {
            return DropReason.TABLE_FULL;
        }
        works.counters.event(Event.CONNECTIONS_ADMITTED);
        limiter.opened(tracker.connection(), packet, direction, nowNanos);
        return null;
    }

    private boolean insert(PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
        return tracker.insert(packet, direction, inForce.ruleId(decision), inForce.revision(), nowNanos)
                == InsertResult.INSERTED;
    }

    private void log(
            Cause cause, PolicyInForce inForce, int decision, Action action, Direction direction, long nowNanos) {
        works.log(cause, inForce.rule(decision), action, inForce.revision(), packet, direction, nowNanos);
    }
}
