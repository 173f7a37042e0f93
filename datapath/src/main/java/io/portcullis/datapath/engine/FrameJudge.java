package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.FrameRules;
import io.portcullis.datapath.engine.VirtualReassembly.Arrival;
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
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.EstablishedPath;
import io.portcullis.datapath.track.TrackResult;
import io.portcullis.policy.Action;
import org.jspecify.annotations.Nullable;

/**
 * Decides about one frame at a time: the long way, and the reference for the short one ({@link
 * io.portcullis.datapath.track.EstablishedPath}). Serves one vNIC after the other. One thread, no allocation.
 *
 * <p>A frame goes: parse, {@link VnicGuard}, rules of category ETHERNET, (ARP, neighbour and listener discovery pass here),
 * fragments by {@link VirtualReassembly}, connection tracking; then, only for the first packet of a connection and for the next
 * packet of one that was judged under another revision, classification. Where rules are stateless, packets that open no connection are
 * classified too, and pass if such a rule allows them.
 */
final class FrameJudge {
    /** Null for an engine without an identity to protect. */
    private @Nullable VnicGuard guard;

    private VnicWorks works;
    private ConnectionTable table;
    private ConnectionTracker tracker;
    private final FrameOutcomes outcomes;
    private final ConnectionRecheck recheck;
    private final PacketView packet = new PacketView();
    private final FirstPackets firstPackets;
    private boolean verifiesChecksums;
    /** Nobody has vouched for the transport checksum of this frame. */
    private boolean isUnverified;

    private @Nullable DecisionTrace trace;
    /** Null while nothing that concerns the vNIC is staged. */
    private @Nullable ShadowPolicy shadow;

    /** @param works of the first vNIC about whose frames it decides */
    FrameJudge(VnicWorks works) {
        this.works = works;
        tracker = works.tracker;
        table = works.table;
        RefusalReplies replies = new RefusalReplies(works);
        outcomes = new FrameOutcomes(works, replies);
        LiveFlowJudge liveFlows = new LiveFlowJudge(tracker);
        firstPackets = new FirstPackets(packet, works, liveFlows, outcomes);
        recheck = new ConnectionRecheck(works, liveFlows, outcomes, replies);
        turnTo(works);
    }

    /** From now on it decides about this vNIC's frames, as that is now. */
    void turnTo(VnicWorks newWorks) {
        works = newWorks;
        guard = newWorks.guard;
        tracker = newWorks.tracker;
        table = newWorks.table;
        trace = newWorks.trace();
        shadow = newWorks.shadow();
        verifiesChecksums = newWorks.verifiesChecksums();
        outcomes.turnTo(newWorks);
        firstPackets.turnTo(newWorks);
        recheck.turnTo(newWorks);
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
            works.counters.malformed(parsed);
            if (packet.isFragment) {
                works.fragments().refuse(packet, direction, nowNanos);
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
        FragmentGate fragments = works.fragments();
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
                works.counters.malformed(ParseResult.UDP_BAD_LENGTH);
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
                firstPackets.decide(inForce, tracked, direction, nowNanos, toSender);
            case RELATED -> related(inForce, direction, nowNanos, toSender);
            default -> firstPackets.decideInvalid(inForce, tracked, direction, nowNanos, toSender);
        };
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

    /** An ICMP error about a packet of a connection. */
    private Verdict related(PolicyInForce inForce, Direction direction, long nowNanos, Burst toSender) {
        Verdict verdict = recheck.related(inForce, packet, direction);
        return verdict != null
                ? verdict
                : firstPackets.decideInvalid(
                        inForce, TrackResult.INVALID_UNRELATED_ERROR, direction, nowNanos, toSender);
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
        works.log(cause, inForce.rule(decision), action, inForce.revision(), packet, direction, nowNanos);
    }
}
