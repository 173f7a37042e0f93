package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Classifier;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.classify.FrameRules;
import io.portcullis.datapath.engine.ShadowReport.Difference;
import io.portcullis.datapath.engine.ShadowReport.RuleCount;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules that a vNIC would have if everything staged were published, with what they would have done: how often each decided, and where
 * the verdict is another than the one in force. It is told of decisions after they were made, so it cannot change one. One thread, no allocation
 * but for the first counts of a stretch of rules ({@link HitCounters}).
 *
 * <p>Counted are first packets of connections; of category ETHERNET, whose rules judge frames, also frames that open none: refused ones, those that
 * are not IP, and neighbour and listener discovery. The next packets of a connection cost nothing and count nothing.
 *
 * <p>Where rules in force are stateless, every packet is looked at, and counted unless rules of the shadow may know a connection that it
 * belongs to: what those would have seen before, a shadow does not remember. Where rules of the shadow are, the answer to a first packet is
 * judged with it.
 */
final class ShadowPolicy {
    /** Rules of which a report has counts at most. */
    static final int MAX_REPORTED_RULES = 1_000;

    private final PolicyInForce rules;
    /** By index of the deciding rule of the shadow; the last one is the default's. */
    private final HitCounters denied;

    private final HitCounters allowed;
    private final DifferenceRing examples;
    private final Answers answers = new Answers();
    /** Of live connections as they were judged last. */
    private HitCounters cut;

    private long liveJudged;
    /** Null while no live connections are being judged. */
    private @Nullable ShadowSurvey survey;

    /** @param previous whose counts go on for rules with the same id; not used any more */
    ShadowPolicy(CompiledRules compiled, long revision, @Nullable ShadowPolicy previous) {
        rules = new PolicyInForce(compiled, revision, previous == null ? null : previous.rules);
        int places = compiled.table().rules().size() + 1;
        cut = new HitCounters(places);
        if (previous == null) {
            denied = new HitCounters(places);
            allowed = new HitCounters(places);
            examples = new DifferenceRing();
        } else {
            CompiledRules before = previous.rules.compiled();
            denied = previous.denied.carriedOver(before, compiled);
            allowed = previous.allowed.carriedOver(before, compiled);
            examples = previous.examples;
        }
    }

    PolicyInForce rules() {
        return rules;
    }

    // ---- frames and first packets

    /** A frame of which category ETHERNET in force said this. */
    void frame(PacketView packet, Direction direction, PolicyInForce inForce, int decision, long nowNanos) {
        if (!rules.hasFrameRules() && !inForce.hasFrameRules()) {
            return;
        }
        boolean passes = passes(inForce, decision, packet);
        boolean opensNothing = packet.family == null
                || packet.isNeighbourDiscovery()
                || packet.isListenerDiscovery(direction == Direction.IN);
        if (passes && !opensNothing) {
            return; // its connection's first packet counts, and this may be a later one
        }
        int other = rules.decideFrame(packet, direction, nowNanos);
        if (passes(rules, other, packet) != passes) {
            differs(!passes, other, packet, direction, inForce.ruleNameOf(decision), nowNanos);
        }
    }

    private static boolean passes(PolicyInForce policy, int decision, PacketView packet) {
        Action action = decision == FrameRules.DEFAULT ? Action.PASS : policy.action(decision);
        return switch (action) {
            case ALLOW -> true;
            case PASS -> packet.family != null || packet.etherType == EtherTypes.ARP;
            case DROP, REJECT -> false;
        };
    }

    /**
     * The first packet of a connection, or one of no connection.
     *
     * @param decision of the policy in force
     * @param announced by which rule of the shadow the connection is allowed that announced this one, or {@link FirstPackets#NOT_ANNOUNCED}
     */
    void firstPacket(
            PacketView packet, Direction direction, PolicyInForce inForce, int decision, int announced, long nowNanos) {
        boolean allowedNow = inForce.action(decision) == Action.ALLOW;
        int other = rules.decideFrame(packet, direction, nowNanos);
        if (other == FrameRules.DEFAULT || passes(rules, other, packet)) {
            other = announced == FirstPackets.NOT_ANNOUNCED ? rules.decide(packet, direction) : announced;
            rules.countHit(other, nowNanos);
        }
        boolean allowedThen = rules.action(other) == Action.ALLOW && mayBegin(packet, other);
        if (allowedNow != allowedThen) {
            differs(allowedThen, other, packet, direction, inForce.ruleNameOf(decision), nowNanos);
        } else if (allowedThen && rules.isStateless(other) && isSurelyAnswered(packet)) {
            if (!answers.pass(rules, packet, direction)) {
                String ruleNow = inForce.ruleNameOf(decision);
                differs(false, answers.decision(), answers.packet(), answers.direction(), ruleNow, nowNanos);
            }
        }
    }

    private boolean mayBegin(PacketView packet, int decision) {
        boolean isPickedUp = packet.isTcp() && !packet.hasTcpFlag(PacketView.TCP_SYN);
        return !isPickedUp || rules.picksUp(decision) || rules.isStateless(decision);
    }

    /** Of a datagram of UDP nobody knows. */
    private static boolean isSurelyAnswered(PacketView packet) {
        return packet.isTcp() || packet.isSctp() || packet.isIcmp();
    }

    /**
     * A packet of no connection about which a stateless rule in force decided, or that was dropped because it opens none.
     *
     * @param ruleNow name of that rule; empty for none
     * @param mayOpen whether it could open a connection
     */
    void packet(
            PacketView packet,
            Direction direction,
            boolean allowedNow,
            String ruleNow,
            boolean mayOpen,
            long nowNanos) {
        int ofFrame = rules.matchFrame(packet, direction);
        int other = ofFrame;
        if (ofFrame == FrameRules.DEFAULT || passes(rules, ofFrame, packet)) {
            other = rules.decide(packet, direction);
            boolean isNext = !mayOpen || (packet.isTcp() && !mayBegin(packet, other));
            if (isNext && !rules.isStateless(other)) {
                return;
            }
            rules.countHit(other, nowNanos);
        }
        if (ofFrame != FrameRules.DEFAULT) {
            rules.decideFrame(packet, direction, nowNanos);
        }
        boolean allowedThen = rules.action(other) == Action.ALLOW;
        if (allowedNow != allowedThen && (allowedThen || !answers.mayBeExpected(rules, packet, direction))) {
            differs(allowedThen, other, packet, direction, ruleNow, nowNanos);
        }
    }

    private void differs(
            boolean allowedThen, int other, PacketView packet, Direction direction, String ruleNow, long nowNanos) {
        (allowedThen ? allowed : denied).add(place(other), 1, nowNanos);
        examples.note(
                allowedThen ? Difference.WOULD_ALLOW : Difference.WOULD_DENY,
                packet,
                direction,
                ruleNow,
                rules.ruleNameOf(other),
                nowNanos);
    }

    private int place(int decision) {
        return decision == Classifier.DEFAULT ? denied.count() - 1 : decision;
    }

    // ---- live connections

    /** All live connections are judged (again), by this survey alone. */
    void beginSurvey(ShadowSurvey newSurvey) {
        survey = newSurvey;
        liveJudged = 0;
        cut = new HitCounters(denied.count());
    }

    @SuppressWarnings("ReferenceEquality") // the very one, not one like it
    boolean isJudgedBy(ShadowSurvey other) {
        return survey == other;
    }

    void endSurvey() {
        survey = null;
    }

    /** A live connection was judged that goes on under the policy in force. */
    void countLive() {
        liveJudged++;
    }

    /**
     * That connection would not go on.
     *
     * @param first its first packet
     * @param ruleNow by which it was allowed
     */
    void wouldCut(int decision, PacketView first, Direction direction, String ruleNow, long nowNanos) {
        cut.add(place(decision), 1, nowNanos);
        examples.note(Difference.WOULD_CUT, first, direction, ruleNow, rules.ruleNameOf(decision), nowNanos);
    }

    // ---- for people

    ShadowReport report(VnicId vnic, long nowNanos) {
        List<RuleCount> counts = new ArrayList<>();
        int omitted = 0;
        HitCounters hits = rules.hits();
        int places = denied.count();
        for (int place = 0; place < places; place++) {
            place = Math.min(
                    Math.min(hits.next(place), denied.next(place)), Math.min(allowed.next(place), cut.next(place)));
            if (place >= places || hits.of(place) + denied.of(place) + allowed.of(place) + cut.of(place) == 0) {
                continue;
            }
            if (counts.size() == MAX_REPORTED_RULES) {
                omitted++;
                continue;
            }
            boolean isDefault = place == places - 1;
            counts.add(new RuleCount(
                    isDefault ? RuleTable.DEFAULT_RULE_ID : rules.ruleId(place),
                    isDefault ? "" : rules.ruleNameOf(place),
                    hits.of(place),
                    denied.of(place),
                    allowed.of(place),
                    cut.of(place)));
        }
        return new ShadowReport(
                vnic,
                rules.revision(),
                rules.table().hash(),
                survey != null,
                liveJudged,
                counts,
                omitted,
                examples.list(nowNanos));
    }
}
