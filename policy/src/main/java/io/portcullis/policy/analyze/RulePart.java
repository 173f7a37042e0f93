package io.portcullis.policy.analyze;

/** A part of a rule that is compared on its own. */
enum RulePart {
    SCOPE,
    SOURCE,
    DESTINATION,
    SERVICE,
    FRAMING;

    /** The rule's component. */
    int of(RuleShape rule) {
        return switch (this) {
            case SCOPE -> rule.scope();
            case SOURCE -> rule.source();
            case DESTINATION -> rule.destination();
            case SERVICE -> rule.service();
            case FRAMING -> rule.framing();
        };
    }
}
