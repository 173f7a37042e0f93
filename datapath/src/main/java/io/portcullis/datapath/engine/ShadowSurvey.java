package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.ConnectionTable;
import io.portcullis.datapath.track.ConnectionTracker;
import io.portcullis.datapath.track.TableWalk;

/**
 * Judges the live connections of a vNIC under its shadow once, as {@link FrameJudge} would if the shadow came into force. Another one that is begun
 * for the shadow takes its place: this one is over then.
 */
final class ShadowSurvey implements Survey {
    private final PolicyInForce inForce;
    private final ShadowPolicy shadow;
    private final ConnectionTable table;
    private final LiveFlowJudge judge;
    private final TableWalk walk;
    private final PacketView original = new PacketView();
    private final Answers answers = new Answers();

    ShadowSurvey(PolicyInForce inForce, ShadowPolicy shadow, ConnectionTracker tracker) {
        this.inForce = inForce;
        this.shadow = shadow;
        table = tracker.table();
        judge = new LiveFlowJudge(tracker);
        walk = new TableWalk(table);
    }

    @Override
    public boolean step(int maxSlots, long nowNanos) {
        if (!shadow.isJudgedBy(this)) {
            return true;
        }
        boolean isOver = walk.step(maxSlots, nowNanos, slot -> judge(slot, nowNanos));
        if (isOver) {
            shadow.endSurvey();
        }
        return isOver;
    }

    /** One that ends anyway with its next packet is no difference. */
    private void judge(int slot, long nowNanos) {
        if (!table.isCurrent(slot) && isOver(slot)) {
            return;
        }
        shadow.countLive();
        int decision = judge.decide(shadow.rules(), slot);
        table.originalTuple(slot, original);
        Direction direction = table.isOutbound(slot) ? Direction.OUT : Direction.IN;
        boolean isReleased = LiveFlowJudge.isReleased(shadow.rules(), decision);
        // what was never answered may need no answer
        boolean isUnanswered =
                isReleased && table.isAnswered(slot) && !answers.pass(shadow.rules(), original, direction);
        if (isUnanswered || !LiveFlowJudge.goesOn(shadow.rules(), decision)) {
            shadow.wouldCut(
                    isUnanswered ? answers.decision() : decision,
                    original,
                    direction,
                    inForce.ruleName(table.ruleId(slot)),
                    nowNanos);
        }
    }

    private boolean isOver(int slot) {
        int decision = judge.decide(inForce, slot);
        return LiveFlowJudge.isReleased(inForce, decision) || !LiveFlowJudge.goesOn(inForce, decision);
    }
}
