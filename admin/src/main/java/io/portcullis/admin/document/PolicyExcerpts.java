package io.portcullis.admin.document;

import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import java.util.List;
import java.util.OptionalInt;

/**
 * Two policies without most of the rules that both have before their first difference and behind their last one. Their texts have the same
 * differences as those of the whole policies, but that all these stand fewer lines down; and a rule that changes among thousands is shown without
 * writing them all.
 *
 * @param linesBefore that the texts lack before the first difference
 */
record PolicyExcerpts(SecurityPolicy before, SecurityPolicy after, int linesBefore) {
    /** Rules that stay on each side of the differences: a rule has more lines than the context of one. */
    private static final int MARGIN = 1;

    /** The policies as they are where they differ in more than rules, or where it is not known how many lines are left out. */
    static PolicyExcerpts of(SecurityPolicy before, SecurityPolicy after) {
        PolicyExcerpts whole = new PolicyExcerpts(before, after, 0);
        if (!before.withRules(List.of()).equals(after.withRules(List.of()))) {
            return whole;
        }
        List<Rule> left = before.rules();
        List<Rule> right = after.rules();
        int shorter = Math.min(left.size(), right.size());
        int head = 0;
        while (head < shorter && left.get(head).equals(right.get(head))) {
            head++;
        }
        int tail = 0;
        while (tail < shorter - head && left.get(left.size() - 1 - tail).equals(right.get(right.size() - 1 - tail))) {
            tail++;
        }
        int first = Math.max(0, head - MARGIN);
        int behind = Math.max(0, tail - MARGIN);
        OptionalInt lines = lines(left.subList(0, first));
        return lines.isEmpty()
                ? whole
                : new PolicyExcerpts(
                        before.withRules(left.subList(first, left.size() - behind)),
                        after.withRules(right.subList(first, right.size() - behind)),
                        lines.getAsInt());
    }

    private static OptionalInt lines(List<Rule> rules) {
        int lines = 0;
        for (Rule rule : rules) {
            OptionalInt its = YamlLines.of(ModelWriter.rule(rule));
            if (its.isEmpty()) {
                return OptionalInt.empty();
            }
            lines += its.getAsInt();
        }
        return OptionalInt.of(lines);
    }
}
