package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.TableWalk;
import io.portcullis.policy.Action;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;

/**
 * What would become of the live connections of a vNIC if a rule table were put in force: judged as {@link FrameJudge} would when their next
 * packets come, and nothing else happens. Connections that come or go meanwhile are met or not.
 */
public final class LiveFlowReview implements Survey {
    private final PolicyInForce candidate;
    private final ConnectionTable table;
    private final LiveFlowJudge judge;
    private final Answers answers = new Answers();
    private final PacketView original = new PacketView();
    private final TableWalk walk;
    private final int maxExamples;
    private final List<FlowExample> ending = new ArrayList<>();
    private final List<FlowExample> kept = new ArrayList<>();
    private int connections;
    private int byOtherRule;
    private int releasedCount;
    private int oneWayCount;
    private int keptCount;
    private int cutCount;
    private int resetCount;

    LiveFlowReview(CompiledRules rules, ConnectionTracker tracker, int maxExamples) {
        candidate = new PolicyInForce(rules, 0, null);
        table = tracker.table();
        judge = new LiveFlowJudge(tracker);
        walk = new TableWalk(table);
        this.maxExamples = maxExamples;
        tracker.readBackOffloaded();
    }

    @Override
    public boolean step(int maxSlots, long nowNanos) {
        return walk.step(maxSlots, nowNanos, slot -> review(slot, nowNanos));
    }

    private void review(int slot, long nowNanos) {
        connections++;
        int decision = judge.decide(candidate, slot);
        if (LiveFlowJudge.isReleased(candidate, decision)) {
            reviewReleased(slot, nowNanos);
        } else if (candidate.action(decision) == Action.ALLOW) {
            byOtherRule += candidate.ruleId(decision) == table.ruleId(slot) ? 0 : 1;
        } else if (LiveFlowJudge.goesOn(candidate, decision)) {
            keptCount++;
            note(kept, FlowOutcome.KEPT, slot, decision, nowNanos);
        } else if (LiveFlowJudge.isReset(candidate, decision, table.isTcp(slot))) {
            resetCount++;
            note(ending, FlowOutcome.RESET, slot, decision, nowNanos);
        } else {
            cutCount++;
            note(ending, FlowOutcome.CUT, slot, decision, nowNanos);
        }
    }

    /** What was never answered may need no answer. */
    private void reviewReleased(int slot, long nowNanos) {
        table.originalTuple(slot, original);
        if (!table.isAnswered(slot)
                || answers.pass(candidate, original, table.isOutbound(slot) ? Direction.OUT : Direction.IN)) {
            releasedCount++;
        } else {
            oneWayCount++;
            note(ending, FlowOutcome.ONE_WAY, slot, answers.decision(), nowNanos);
        }
    }

    private void note(List<FlowExample> examples, FlowOutcome outcome, int slot, int decision, long nowNanos) {
        if (examples.size() < maxExamples) {
            TableRule rule = candidate.rule(decision);
            examples.add(new FlowExample(
                    table.info(slot, nowNanos),
                    outcome,
                    candidate.action(decision),
                    candidate.liveFlowMode(decision),
                    candidate.ruleId(decision),
                    rule == null ? null : rule.name()));
        }
    }

    /** Live connections that were met; each is judged anew with its next packet. */
    public int connections() {
        return connections;
    }

    /** Allowed, but by another rule than the one that allowed them last. */
    public int byOtherRule() {
        return byOtherRule;
    }

    /** A stateless rule allows them: they are not tracked any more, and go on packet by packet. */
    public int released() {
        return releasedCount;
    }

    /** Likewise, but no rule allows the answers. */
    public int oneWay() {
        return oneWayCount;
    }

    public int kept() {
        return keptCount;
    }

    /** Without those that are {@link #reset}. */
    public int cut() {
        return cutCount;
    }

    public int reset() {
        return resetCount;
    }

    /** Some that are not allowed any more; those that end come first. */
    public List<FlowExample> examples() {
        List<FlowExample> examples = new ArrayList<>(ending);
        examples.addAll(kept.subList(0, Math.min(kept.size(), maxExamples - ending.size())));
        return examples;
    }
}
