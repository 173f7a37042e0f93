package io.portcullis.policy.analyze;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What an analysis found.
 *
 * @param rules of enabled policies, all of which were looked at
 * @param findings those of rules in order of evaluation, then those of groups and services by name
 * @param unfinished rules for which a limit of {@link AnalysisLimits} ended the search: something about them may be missing here
 * @param undecided rules without a known hit of which it cannot be said that they had none, because not everything was counted since; 0 if
 *     nobody asked for rules that are not used
 */
public record Analysis(int rules, List<Finding> findings, int unfinished, int undecided) {
    public Analysis(int rules, List<Finding> findings, int unfinished) {
        this(rules, findings, unfinished, 0);
    }

    public Analysis {
        findings = List.copyOf(findings);
    }

    /** How many there are of each kind that there is. */
    public Map<FindingKind, Integer> counts() {
        Map<FindingKind, Integer> counts = new EnumMap<>(FindingKind.class);
        findings.forEach(finding -> counts.merge(finding.kind(), 1, Integer::sum));
        return counts;
    }
}
