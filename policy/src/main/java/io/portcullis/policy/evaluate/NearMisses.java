package io.portcullis.policy.evaluate;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Picks, among the rules that did not match one packet, those that were closest to deciding otherwise. One thread. */
final class NearMisses {
    /** A rule that fails in more was about something else. */
    private static final int MOST_FAILED = 2;

    private record Candidate(SecurityPolicy policy, Rule rule, Set<Condition> failed) {}

    private final RuleConditions conditions;
    private final Reasons reasons;
    private final Probe probe;
    private final List<Candidate> candidates = new ArrayList<>();

    NearMisses(RuleConditions conditions, Reasons reasons, Probe probe) {
        this.conditions = conditions;
        this.reasons = reasons;
        this.probe = probe;
    }

    void consider(SecurityPolicy policy, Rule rule) {
        conditions
                .failed(policy, rule, probe, MOST_FAILED)
                .ifPresent(failed -> candidates.add(new Candidate(policy, rule, failed)));
    }

    List<NearMiss> closest(Decision decision) {
        return candidates.stream()
                .filter(candidate -> decidesOtherwise(candidate, decision))
                // stable: among equals in order of evaluation
                .sorted(Comparator.comparingInt(candidate -> candidate.failed().size()))
                .limit(Evaluation.MAX_NEAR_MISSES)
                .map(candidate -> new NearMiss(
                        RuleName.of(candidate.policy(), candidate.rule()),
                        candidate.failed().stream()
                                .map(condition ->
                                        reasons.whyNot(condition, candidate.policy(), candidate.rule(), probe))
                                .toList()))
                .toList();
    }

    private boolean decidesOtherwise(Candidate candidate, Decision decision) {
        Action action = candidate.rule().action();
        boolean isIpFrame = candidate.policy().category() == Category.ETHERNET
                && probe.packet().datagram() != null;
        // in category ETHERNET both hand IP on, which is what happens without them
        boolean handsOn = isIpFrame && (action == Action.ALLOW || action == Action.PASS);
        return !handsOn && (action == Action.PASS || (action == Action.ALLOW) != decision.allows());
    }
}
