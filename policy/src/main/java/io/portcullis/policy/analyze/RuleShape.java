package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.Tier;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;

/**
 * A rule that can match something, in numbers: each part of it is a component of {@link PolicyShapes}.
 *
 * @param place in order of evaluation, over all stages
 * @param index in its policy
 */
record RuleShape(
        int place,
        SecurityPolicy policy,
        Rule rule,
        int index,
        int scope,
        int source,
        int destination,
        int service,
        int framing) {
    /** A rule is itself alone; comparing all parts of two would take long. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return place;
    }

    RuleName name() {
        return new RuleName(policy.name(), rule.name());
    }

    Finding.OfRule subject() {
        return new Finding.OfRule(name(), index);
    }

    /** Where it stands in the order of evaluation. */
    Stage stage() {
        return policy.stage();
    }

    boolean isOfProvider() {
        return stage().tier() == Tier.PROVIDER;
    }

    Category category() {
        return policy.category();
    }

    Action action() {
        return rule.action();
    }

    /** Bits {@link Packets#IN} and {@link Packets#OUT}. */
    int directions() {
        return directions(rule.direction());
    }

    static int directions(RuleDirection direction) {
        return switch (direction) {
            case IN -> Packets.IN;
            case OUT -> Packets.OUT;
            case BOTH -> Packets.IN | Packets.OUT;
        };
    }

    /** Whether what it matches goes on to the next stage: then it decides nothing itself. */
    boolean passesOn() {
        return action() == Action.PASS || (category() == Category.ETHERNET && action() == Action.ALLOW);
    }

    /** For people, like {@code web/http (ALLOW)} or {@code web/http (ALLOW, stateless)}. */
    String text() {
        return name() + " (" + action() + (policy.stateless() ? ", stateless)" : ")");
    }
}
