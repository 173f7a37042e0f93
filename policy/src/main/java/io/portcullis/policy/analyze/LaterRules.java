package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.Stage;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.TenantModel;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds rules that a later one of their category makes unnecessary: it matches all that they do, with the same action, and no rule
 * between them that matches some of it has another. And each PASS behind which nothing of its category but PASS matches what it does. What would
 * be missed otherwise keeps a rule: its log, the way it treats live connections or keeps state of new ones, FTP's gateway.
 *
 * <p>All that it finds can be deleted together with the rules that earlier ones cover, and no verdict changes: none of the rules that
 * decide instead is one that never decides.
 */
final class LaterRules {
    private final PolicyShapes shapes;
    private final Effort effort;

    LaterRules(PolicyShapes shapes, Effort effort) {
        this.shapes = shapes;
        this.effort = effort;
    }

    /**
     * Each such rule, with the later one; without, if it passes on what nothing waits for.
     *
     * @param dead rules that decide about nothing
     * @param unfinished gets those about which it cannot be told
     */
    Map<RuleShape, Optional<RuleShape>> find(Set<RuleShape> dead, Set<RuleShape> unfinished) {
        Map<RuleShape, Optional<RuleShape>> found = new HashMap<>();
        List<RuleShape> rules = shapes.rules();
        StageRules later = new StageRules();
        @Nullable Stage stage = null;
        for (int place = rules.size() - 1; place >= 0; place--) {
            RuleShape rule = rules.get(place);
            if (rule.stage() != stage) {
                later = new StageRules();
                stage = rule.stage();
            }
            if (!dead.contains(rule) && !shapes.isBlurred(rule.stage())) {
                Optional<RuleShape> instead = instead(rule, later, dead);
                if (instead.isPresent() || isIdle(rule, later)) {
                    found.put(rule, instead);
                }
                if (effort.wasExhausted()) {
                    unfinished.add(rule);
                }
            }
            later.add(rule);
        }
        return found;
    }

    private Optional<RuleShape> instead(RuleShape rule, StageRules later, Set<RuleShape> dead) {
        @Nullable RuleShape[] nearest = {null};
        effort.begin();
        later.visit(EnumSet.of(rule.action()), Question.covering(shapes, rule), effort, found -> {
            boolean isNearer = nearest[0] == null || found.place() < nearest[0].place();
            if (isNearer && !dead.contains(found) && shapes.covers(found, rule) && doesAsMuch(found, rule)) {
                nearest[0] = found;
            }
            return true;
        });
        RuleShape instead = nearest[0];
        return instead == null || isContested(rule, later, instead.place()) ? Optional.empty() : Optional.of(instead);
    }

    /** A PASS that nothing comes after. */
    private boolean isIdle(RuleShape rule, StageRules later) {
        return rule.action() == Action.PASS && !rule.rule().log() && !isContested(rule, later, Integer.MAX_VALUE);
    }

    /** Whether a rule with another action, before that place, matches some of it; or whether that cannot be told. */
    private boolean isContested(RuleShape rule, StageRules later, int before) {
        effort.begin();
        return !later.visit(
                shapes.hasOwnState() ? EnumSet.allOf(Action.class) : EnumSet.complementOf(EnumSet.of(rule.action())),
                Question.meeting(shapes, rule),
                effort,
                found -> found.place() >= before
                        || (found.directions() & rule.directions()) == 0
                        || (found.action() == rule.action() && shapes.keepStateAlike(found, rule)));
    }

    private boolean doesAsMuch(RuleShape instead, RuleShape rule) {
        boolean treatsAlike = rule.action() == Action.ALLOW
                || rule.action() == Action.PASS
                || rule.rule().liveFlowMode() == instead.rule().liveFlowMode();
        return treatsAlike
                && shapes.keepStateAlike(instead, rule)
                && rule.rule().log() == instead.rule().log()
                && rule.rule().logLabel().equals(instead.rule().logLabel())
                && (!followsFtp(shapes.model(), rule) || followsFtp(shapes.model(), instead));
    }

    /** Whether FTP's gateway is there for the vNICs of the rule because of it, matched or not. */
    static boolean followsFtp(TenantModel model, RuleShape rule) {
        return rule.category() != Category.ETHERNET
                && !rule.policy().stateless()
                && rule.action() == Action.ALLOW
                && !rule.rule().services().negated()
                && rule.rule().services().names().stream()
                        .map(name -> model.service(name).orElse(null))
                        .filter(Objects::nonNull)
                        .anyMatch(service -> service.alg() == Alg.FTP);
    }
}
