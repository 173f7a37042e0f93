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
        if (!table.isCurrent(slot) && !LiveFlowJudge.goesOn(inForce, judge.decide(inForce, slot))) {
            return;
        }
        shadow.countLive();
        int decision = judge.decide(shadow.rules(), slot);
        if (!LiveFlowJudge.goesOn(shadow.rules(), decision)) {
            table.originalTuple(slot, original);
            Direction direction = table.isOutbound(slot) ? Direction.OUT : Direction.IN;
            shadow.wouldCut(decision, original, direction, inForce.ruleName(table.ruleId(slot)), nowNanos);
        }
    }
}
