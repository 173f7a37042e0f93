package io.portcullis.loadtest.history;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the check of a history found.
 *
 * @param sent frames
 * @param decided frames that passed
 * @param compared frames whose verdict was compared with that of a firewall that never moved
 * @param afterBan frames that were sent while an acknowledged ban was in force
 * @param missed frames that were not recorded because there were too many; none of the rules is checked for what came from then on
 * @param violations by rule, how many
 * @param examples the first ones
 */
public record HistoryVerdict(
        long sent,
        long decided,
        long compared,
        long afterBan,
        long missed,
        Map<Rule, Long> violations,
        List<String> examples) {
    public HistoryVerdict {
        violations = violations.isEmpty() ? Map.of() : new EnumMap<>(violations);
        examples = List.copyOf(examples);
    }

    /** Whether every rule was obeyed. */
    public boolean holds() {
        return violations.isEmpty();
    }

    /** How often each rule was broken, all of them, by their texts. */
    public Map<String, Long> byRule() {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (Rule rule : Rule.values()) {
            counts.put(rule.text(), violations.getOrDefault(rule, 0L));
        }
        return counts;
    }
}
