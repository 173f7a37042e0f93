package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.FrameRules;
import io.portcullis.datapath.engine.EngineCounters.Event;
import io.portcullis.datapath.engine.VirtualReassembly.Arrival;
import io.portcullis.datapath.guard.ConnectionLimiter;
import io.portcullis.datapath.guard.Offence;
import io.portcullis.datapath.guard.VnicGuard;
import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.packet.PlainParser;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.VnetHeader;
import io.portcullis.datapath.rulelog.RuleLog;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.InsertResult;
import io.portcullis.datapath.track.TrackResult;
import io.portcullis.policy.Action;
import org.jspecify.annotations.Nullable;

/**
 * Decides about one frame at a time: the long way, and the reference for the short one ({@link
 * io.portcullis.datapath.track.EstablishedPath}). One thread, no allocation.
 *
 * <p>A frame goes: parse, {@link VnicGuard}, rules of category ETHERNET, (ARP, neighbour and listener discovery pass here),
 * fragments by {@link VirtualReassembly}, connection tracking; then, only for the first packet of a connection and for the next
 * packet of one that was judged under another revision, classification. Where rules are stateless, packets that open no connection are
 * classified too, and pass if such a rule allows them.
 */
final class FrameJudge {
    /** No place of a rule, nor that of the default: no connection announced the packet, or none that is allowed. */
    static final int NOT_ANNOUNCED = Integer.MIN_VALUE;

    /** Null for an engine without an identity to protect. */
    private final @Nullable VnicGuard guard;

    private final ConnectionTable table;
    private final ConnectionTracker tracker;
    private final ConnectionLimiter limiter;
    private final FragmentGate fragments;
    private final RuleLog ruleLog;
    private final EngineCounters counters;
    private final FrameOutcomes outcomes;
    private final ConnectionRecheck recheck;
    private final PacketView packet = new PacketView();
    private final LiveFlowJudge liveFlows;
    private boolean verifiesChecksums;
    /** Nobody has vouched for the transport checksum of this frame. */
    private boolean isUnverified;

    private @Nullable DecisionTrace trace;
    /** Null while nothing that concerns the vNIC is staged. */
    private @Nullable ShadowPolicy shadow;

    FrameJudge(
            @Nullable VnicGuard guard,
            ConnectionTracker tracker,
            ConnectionLimiter limiter,
            FragmentGate fragments,
            RuleLog ruleLog,
            EngineCounters counters) {
        this.guard = guard;
        this.tracker = tracker;
        table = tracker.table();
        liveFlows = new LiveFlowJudge(tracker);
        this.limiter = limiter;
        this.fragments = fragments;
        this.ruleLog = ruleLog;
        this.counters = counters;
        RefusalReplies replies = new RefusalReplies(counters);
        outcomes = new FrameOutcomes(counters, replies);
        recheck = new ConnectionRecheck(tracker, liveFlows, ruleLog, counters, outcomes, replies);
    }

    void setTrace(@Nullable DecisionTrace newTrace) {
        trace = newTrace;
        outcomes.setTrace(newTrace);
    }

    void setShadow(@Nullable ShadowPolicy newShadow) {
        shadow = newShadow;
    }

    void setVerifiesChecksums(boolean verifies) {
        verifiesChecksums = verifies;
    }

    boolean verifiesChecksums() {
        return verifiesChecksums;
    }

    /** Whether a frame meets something here that the short way knows nothing of. */
    boolean isAlone() {
        return trace != null;
    }

    /**
     * Decides about frame {@code i} of a burst.
     *
     * @param toSender gets answers, {@code toReceiver} resets and what waited for this frame
     */
    Verdict decide(
            Burst burst,
            int i,
            @Nullable PolicyInForce inForce,
            Direction direction,
            long nowNanos,
            Burst toSender,
            Burst toReceiver) {
        if (inForce == null) {
            return outcomes.drop(direction, DropReason.NO_POLICY);
        }
        ParseResult parsed = PacketParser.parse(burst.memory(), burst.offset(i), burst.length(i), packet);
        if (trace != null) {
            trace.begin(parsed);
        }
        if (parsed != ParseResult.OK) {
            counters.malformed(parsed);
            if (packet.isFragment) {
                fragments.refuse(packet, direction, nowNanos);
            }
            return outcomes.drop(direction, DropReason.MALFORMED);
        }
        isUnverified = verifiesChecksums && !VnetHeader.vouches(address(packet));
        return decide(inForce, direction, nowNanos, toSender, toReceiver);
    }

    /** As {@link #decide}, of a frame that is plain, honest and of no rule of category ETHERNET, whose checksum nobody doubts. */
    Verdict decidePlain(
            Burst burst,
            int i,
            EstablishedPath noted,
            int number,
            PolicyInForce inForce,
            Direction direction,
            long nowNanos,
            Burst toSender,
            Burst toReceiver) {
        PlainParser.parse(burst.memory(), burst.offset(i), burst.length(i), packet);
        TrackResult tracked = noted.follow(number, packet, nowNanos);
        return decideTracked(inForce, tracked, direction, nowNanos, toSender, toReceiver);
    }

    private static long address(PacketView packet) {
        return packet.memory.address() + packet.frameOffset;
    }

    private Verdict decide(
            PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender, Burst toReceiver) {
        Offence offence = guard == null ? null : guard.check(packet, direction);
        if (offence != null) {
            return outcomes.drop(direction, DropReason.of(offence));
        }
        Verdict refused = judgeFrame(inForce, direction, nowNanos, toSender);
        if (refused != null) {
            return refused;
        }
        if (packet.family == null) {
            return outcomes.allow(packet, direction);
        }
        if (isUnverified && !Checksums.isTransportValid(packet)) {
            return outcomes.drop(direction, DropReason.CHECKSUM);
        }
        if (isUnverified && !packet.isFragment && (packet.isTcp() || packet.isUdp())) {
            VnetHeader.setValid(address(packet));
        }
        return packet.isFragment
                ? decideFragment(inForce, direction, nowNanos, toSender, toReceiver)
                : decideDatagram(inForce, direction, nowNanos, toSender, toReceiver);
    }

    private Verdict decideFragment(
            PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender, Burst toReceiver) {
        Arrival arrival = fragments.arrive(packet, direction, isUnverified, toReceiver, nowNanos);
        if (trace != null && packet.isLaterFragment) {
            fragments.recall(trace);
        }
        return switch (arrival) {
            case JUDGE -> {
                Verdict verdict = decideDatagram(inForce, direction, nowNanos, toSender, toReceiver);
                fragments.judged(verdict.passes(), toReceiver, trace);
                yield verdict;
            }
            case PASS -> outcomes.allow(packet, direction);
            case WAIT ->
                fragments.hold(packet, nowNanos) ? Verdict.HOLD : outcomes.drop(direction, DropReason.FRAGMENT);
            case BAD_CHECKSUM -> outcomes.drop(direction, DropReason.CHECKSUM);
            case SHORT_UDP -> {
                counters.malformed(ParseResult.UDP_BAD_LENGTH);
                yield outcomes.drop(direction, DropReason.MALFORMED);
            }
            case REFUSED, DUPLICATE, OVERLAP, TOO_MANY_GAPS -> outcomes.drop(direction, DropReason.FRAGMENT);
        };
    }

    /** A packet, or the first fragment of one. */
    private Verdict decideDatagram(
            PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender, Burst toReceiver) {
        // without listener reports a switch that snoops on them would cut the VM off from neighbour discovery
        if (packet.isNeighbourDiscovery() || packet.isListenerDiscovery(direction == Direction.IN)) {
            return outcomes.allow(packet, direction);
        }
        TrackResult tracked = tracker.lookup(packet, nowNanos);
        if (trace != null) {
            trace.tracked(tracked, tracker);
        }
        return decideTracked(inForce, tracked, direction, nowNanos, toSender, toReceiver);
    }

    private Verdict decideTracked(
            PolicyInForce inForce,
            TrackResult tracked,
            Direction direction,
            long nowNanos,
            Burst toSender,
            Burst toReceiver) {
        if (tracked.isHit()) {
            return table.isCurrent(tracker.connection())
                    ? outcomes.allow(packet, direction)
                    : judgeAgain(inForce, tracked, direction, nowNanos, toSender, toReceiver);
        }
        return switch (tracked) {
            case MISS_NEW, MISS_EXPECTED, MISS_UNTRACKED ->
                inForce.tracksAlike()
                        ? admit(
                                inForce,
                                decideFirst(inForce, direction),
                                tracked != TrackResult.MISS_UNTRACKED,
                                direction,
                                nowNanos,
                                toSender)
                        : decideByRule(inForce, tracked, direction, nowNanos, toSender);
            case RELATED -> related(inForce, direction, nowNanos, toSender);
            default -> decideInvalid(inForce, tracked, direction, nowNanos, toSender);
        };
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
    private Verdict decideInvalid(
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

    /** What category ETHERNET says about this one frame; null if it may go on. */
    private @Nullable Verdict judgeFrame(PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender) {
        int decision = inForce.decideFrame(packet, direction, nowNanos);
        Action action = decision == FrameRules.DEFAULT ? Action.PASS : inForce.action(decision);
        log(Cause.FRAME, inForce, decision, action, direction, nowNanos);
        if (shadow != null) {
            shadow.frame(packet, direction, inForce, decision, nowNanos);
        }
        return switch (action) {
            case ALLOW -> null;
            case PASS ->
                packet.family != null || packet.etherType == EtherTypes.ARP || inForce.isExcluded()
                        ? null
                        : outcomes.drop(direction, DropReason.ETHERTYPE);
            case DROP -> outcomes.drop(direction, DropReason.POLICY);
            case REJECT ->
                packet.family == null
                        ? outcomes.drop(direction, DropReason.POLICY)
                        : outcomes.reject(packet, direction, DropReason.REJECT, nowNanos, toSender);
        };
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
        counters.event(Event.CONNECTIONS_EXPECTED);
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

    /** An ICMP error about a packet of a connection. */
    private Verdict related(PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender) {
        Verdict verdict = recheck.related(inForce, packet, direction);
        return verdict != null
                ? verdict
                : decideInvalid(inForce, TrackResult.INVALID_UNRELATED_ERROR, direction, nowNanos, toSender);
    }

    /** Puts the connection of a packet that the rules allow into the table; null if it is there, else why not. */
    private @Nullable DropReason open(PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
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
        counters.event(Event.CONNECTIONS_ADMITTED);
        limiter.opened(tracker.connection(), packet, direction, nowNanos);
        return null;
    }

    private boolean insert(PolicyInForce inForce, int decision, Direction direction, long nowNanos) {
        return tracker.insert(packet, direction, inForce.ruleId(decision), inForce.revision(), nowNanos)
                == InsertResult.INSERTED;
    }

    /** The next packet of a connection that was last judged under another revision. */
    private Verdict judgeAgain(
            PolicyInForce inForce,
            TrackResult tracked,
            Direction direction,
            long nowNanos,
            Burst toSender,
            Burst toReceiver) {
        Verdict verdict = recheck.judge(inForce, packet, tracked, direction, nowNanos, toSender, toReceiver);
        if (verdict != null) {
            return verdict;
        }
        // the first of many packets that are judged by themselves
        TrackResult anew = tracker.lookup(packet, nowNanos);
        if (trace != null) {
            trace.tracked(anew, tracker);
        }
        return decideTracked(inForce, anew, direction, nowNanos, toSender, toReceiver);
    }

    private void log(
            Cause cause, PolicyInForce inForce, int decision, Action action, Direction direction, long nowNanos) {
        ruleLog.note(cause, inForce.rule(decision), action, inForce.revision(), packet, direction, nowNanos);
    }
}
