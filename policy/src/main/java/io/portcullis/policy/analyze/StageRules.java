package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/** Rules of one stage by action, found from their sources or their destinations, whichever fewer rules share. */
final class StageRules {
    private static final class ByPeers {
        private final RuleTrie bySource =
                new RuleTrie(RulePart.SERVICE, RulePart.SOURCE, RulePart.DESTINATION, RulePart.SCOPE, RulePart.FRAMING);
        private final RuleTrie byDestination =
                new RuleTrie(RulePart.SERVICE, RulePart.DESTINATION, RulePart.SOURCE, RulePart.SCOPE, RulePart.FRAMING);
    }

    private final Map<Action, ByPeers> byAction = new EnumMap<>(Action.class);

    void add(RuleShape rule) {
        ByPeers tries = byAction.computeIfAbsent(rule.action(), action -> new ByPeers());
        tries.bySource.add(rule);
        tries.byDestination.add(rule);
    }

    /** Visits rules with one of the actions, in no order; false if the visitor or the effort has ended it. */
    boolean visit(Set<Action> actions, Question question, Effort effort, RuleTrie.Visitor visitor) {
        for (Action action : actions) {
            ByPeers tries = byAction.get(action);
            if (tries != null) {
                boolean isBySource =
                        question.source().estimate() < question.destination().estimate();
                RuleTrie trie = isBySource ? tries.bySource : tries.byDestination;
                if (!trie.visit(question, effort, visitor)) {
                    return false;
                }
            }
        }
        return true;
    }
}
