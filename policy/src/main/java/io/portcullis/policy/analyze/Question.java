package io.portcullis.policy.analyze;

/** Which rules are looked for: the relation that each of their parts must stand in. */
record Question(Relation scope, Relation source, Relation destination, Relation service, Relation framing) {
    /** Those that match all that this one does, if their directions do. */
    static Question covering(PolicyShapes shapes, RuleShape rule) {
        return new Question(
                shapes.scopeSets().covering(rule.scope()),
                shapes.addressSets().covering(rule.source()),
                shapes.addressSets().covering(rule.destination()),
                shapes.transports().covering(rule.service()),
                shapes.framings().covering(rule.framing()));
    }

    /** Those that match some of what this one does, if their directions do. */
    static Question meeting(PolicyShapes shapes, RuleShape rule) {
        return new Question(
                shapes.scopeSets().meeting(rule.scope()),
                shapes.addressSets().meeting(rule.source()),
                shapes.addressSets().meeting(rule.destination()),
                shapes.transports().meeting(rule.service()),
                shapes.framings().meeting(rule.framing()));
    }

    Relation of(RulePart part) {
        return switch (part) {
            case SCOPE -> scope;
            case SOURCE -> source;
            case DESTINATION -> destination;
            case SERVICE -> service;
            case FRAMING -> framing;
        };
    }
}
