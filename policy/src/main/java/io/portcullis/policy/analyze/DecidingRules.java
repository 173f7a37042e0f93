package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules that decide about something, as far as evaluation has come: what they leave for the next one. One that is found to decide
 * about nothing is not among them.
 */
final class DecidingRules {
    private static final Set<Action> ALL_ACTIONS = EnumSet.allOf(Action.class);

    private final PolicyShapes shapes;
    private final Effort effort;
    private final Map<Stage, StageRules> byStage = new EnumMap<>(Stage.class);

    DecidingRules(PolicyShapes shapes, Effort effort) {
        this.shapes = shapes;
        this.effort = effort;
        for (Stage stage : Stage.values()) {
            byStage.put(stage, new StageRules());
        }
    }

    void add(RuleShape rule) {
        of(rule.stage()).add(rule);
    }

    StageRules of(Stage stage) {
        return Objects.requireNonNull(byStage.get(stage));
    }

    /** Actions that end the evaluation in a stage, or those that lead on to the next one. */
    private static Set<Action> actions(Stage stage, boolean passOn) {
        Set<Action> leadOn =
                stage.category() == Category.ETHERNET ? EnumSet.of(Action.PASS, Action.ALLOW) : EnumSet.of(Action.PASS);
        return passOn ? leadOn : EnumSet.complementOf(EnumSet.copyOf(leadOn));
    }

    /** Whether rules of the stage, or of an earlier one, are left out: then the first that is known to match a packet may not be the first. */
    boolean isBlurredUntil(Stage last) {
        return Arrays.stream(Stage.values()).anyMatch(stage -> !isBefore(last, stage) && shapes.isBlurred(stage));
    }

    /** Whether a rule that is left out may lead on to the next stage what others of its stage seem to decide. */
    private boolean mayBePassed(Stage stage, RuleShape rule) {
        return stage != rule.stage() && shapes.isBlurred(stage);
    }

    private static boolean isBefore(Stage one, Stage other) {
        return one.compareTo(other) < 0;
    }

    /** The rules that leave nothing for this one; empty if something is left, or if that cannot be told. */
    List<RuleShape> takersOf(RuleShape rule) {
        RuleShape single = firstCovering(rule);
        if (single != null) {
            return List.of(single);
        }
        if (leavesSample(rule)) {
            return List.of();
        }
        List<RuleShape> earlier = earlierMeeting(rule);
        return earlier.isEmpty() ? List.of() : Residue.takers(shapes, effort, rule, earlier);
    }

    /** The first rule that alone matches all that this one does, and does so before it in every case. */
    private @Nullable RuleShape firstCovering(RuleShape rule) {
        Question covering = Question.covering(shapes, rule);
        for (Stage stage : Stage.values()) {
            if (isBefore(rule.stage(), stage)) {
                break;
            }
            if (mayBePassed(stage, rule)) {
                continue;
            }
            Set<Action> actions = stage == rule.stage() ? ALL_ACTIONS : actions(stage, false);
            RuleShape first = first(stage, actions, covering, rule.directions());
            if (first != null && (stage == rule.stage() || !isPassedBefore(rule, first))) {
                return first;
            }
        }
        return null;
    }

    /** Whether a rule that leads on to the next stage takes some of what the rule matches before the other one could. */
    private boolean isPassedBefore(RuleShape rule, RuleShape decider) {
        Stage stage = decider.stage();
        boolean[] isPassed = {false};
        effort.begin();
        boolean isWhole = of(stage).visit(actions(stage, true), Question.meeting(shapes, rule), effort, passing -> {
            isPassed[0] = passing.place() < decider.place() && (passing.directions() & rule.directions()) != 0;
            return !isPassed[0];
        });
        return isPassed[0] || !isWhole;
    }

    /** The first rule with one of the actions that answers to the question in all of the directions; null also if that cannot be told. */
    private @Nullable RuleShape first(Stage stage, Set<Action> actions, Question question, int directions) {
        @Nullable RuleShape[] first = {null};
        effort.begin();
        boolean isWhole = of(stage).visit(actions, question, effort, found -> {
            boolean isEarlier = first[0] == null || found.place() < first[0].place();
            if (isEarlier && (found.directions() & directions) == directions) {
                first[0] = found;
            }
            return true;
        });
        // one that was found too early may not be the first
        return isWhole ? first[0] : null;
    }

    /** The rule that decides about the packet or, in the last stage, also one that leads on. */
    @Nullable
    RuleShape firstMatching(Packet packet, Stage last) {
        Question question = packet.question(shapes);
        for (Stage stage : Stage.values()) {
            if (isBefore(last, stage)) {
                break;
            }
            RuleShape first = first(stage, ALL_ACTIONS, question, packet.direction());
            if (first != null && (stage == last || !first.passesOn())) {
                return first;
            }
        }
        return null;
    }

    /** Whether the rule gets one of some packets that few others match. */
    private boolean leavesSample(RuleShape rule) {
        for (Box box : shapes.boxes(rule)) {
            NumberSet directions = box.side(Packets.DIRECTIONS);
            for (long direction = directions.least(); direction <= directions.greatest(); direction++) {
                if (firstMatching(sample(box, (int) direction), rule.stage()) == null) {
                    return true;
                }
            }
        }
        return false;
    }

    private Packet sample(Box box, int direction) {
        return Packet.in(
                shapes,
                box,
                (int) box.side(Packets.VNICS).greatest(),
                direction,
                shapes.addressSets().rarest(box.side(Packets.SOURCES)),
                shapes.addressSets().rarest(box.side(Packets.DESTINATIONS)));
    }

    /** The rules that match some of what this one does, in order; empty also if there are more than {@link AnalysisLimits#MAX_UNION}. */
    private List<RuleShape> earlierMeeting(RuleShape rule) {
        Question meeting = Question.meeting(shapes, rule);
        List<RuleShape> earlier = new ArrayList<>();
        effort.begin();
        for (Stage stage : Stage.values()) {
            if (isBefore(rule.stage(), stage)) {
                break;
            }
            if (mayBePassed(stage, rule)) {
                continue;
            }
            boolean isWhole = of(stage).visit(ALL_ACTIONS, meeting, effort, found -> {
                if ((found.directions() & rule.directions()) != 0) {
                    earlier.add(found);
                }
                return earlier.size() <= AnalysisLimits.MAX_UNION;
            });
            if (!isWhole) {
                effort.giveUp();
                return List.of();
            }
        }
        earlier.sort(Comparator.comparingInt(RuleShape::place));
        return earlier;
    }
}
