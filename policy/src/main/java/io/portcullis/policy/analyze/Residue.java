package io.portcullis.policy.analyze;

import io.portcullis.policy.Stage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes from a rule what earlier rules decide, box by box. */
final class Residue {
    private final Effort effort;
    private List<Box> left;
    /** What the stage at hand has led on to the next one. */
    private final List<Box> passedOn = new ArrayList<>();

    private final List<RuleShape> takers = new ArrayList<>();

    private Residue(Effort effort, List<Box> left) {
        this.effort = effort;
        this.left = left;
    }

    /**
     * Those of the earlier rules that decide about what the rule matches, if they leave nothing; else, or if that cannot be told, none.
     *
     * @param earlier all that match some of it, in order of evaluation
     */
    static List<RuleShape> takers(PolicyShapes shapes, Effort effort, RuleShape rule, List<RuleShape> earlier) {
        Residue residue = new Residue(effort, shapes.boxes(rule));
        @Nullable Stage stage = null;
        for (RuleShape each : earlier) {
            if (each.stage() != stage) {
                residue.enterStage();
                stage = each.stage();
            }
            boolean leadsOn = each.passesOn() && each.stage() != rule.stage();
            if (!residue.take(each, shapes.boxes(each), leadsOn)) {
                effort.giveUp();
                return List.of();
            }
        }
        if (stage != rule.stage()) {
            residue.enterStage();
        }
        return residue.left.isEmpty() ? List.copyOf(residue.takers) : List.of();
    }

    private void enterStage() {
        List<Box> all = new ArrayList<>(left);
        all.addAll(passedOn);
        passedOn.clear();
        left = all;
    }

    private boolean take(RuleShape taker, List<Box> boxes, boolean leadsOn) {
        if (!effort.cut(left.size() * boxes.size())) {
            return false;
        }
        boolean takes = false;
        for (Box box : left) {
            for (Box other : boxes) {
                Box common = box.and(other);
                takes |= common != null;
                if (common != null && leadsOn) {
                    passedOn.add(common);
                }
            }
        }
        if (takes) {
            List<Box> rest = Box.minus(left, boxes, AnalysisLimits.MAX_PIECES);
            if (rest == null || passedOn.size() > AnalysisLimits.MAX_PIECES) {
                return false;
            }
            left = rest;
            if (!leadsOn) {
                takers.add(taker);
            }
        }
        return true;
    }
}
