package io.portcullis.vnic;

import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.engine.ShadowReport.RuleCount;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What staged policies of a tenant would have done: of one host, or summed over several. Bounded, so that it fits into a message however many
 * vNICs and rules there are.
 *
 * @param vnics that have a shadow
 * @param judging of these, how many are still judging their live connections
 * @param liveJudged live connections that were judged under a shadow
 * @param rules those that decided anything, the ones with most differences first
 * @param omittedRules how many more decided something, at most: vNICs that leave a rule out count each
 * @param examples the latest first
 */
public record StagedCounts(
        int vnics, int judging, long liveJudged, List<RuleCount> rules, int omittedRules, List<Example> examples) {
    /** Rules of a sum. */
    static final int MAX_RULES = 1_000;

    static final int MAX_EXAMPLES = 50;

    public static final StagedCounts NONE = new StagedCounts(0, 0, 0, List.of(), 0, List.of());

    public StagedCounts {
        rules = List.copyOf(rules);
        examples = List.copyOf(examples);
    }

    /** A flow that would be decided about differently, and where. */
    public record Example(VnicId vnic, ShadowReport.Example flow) {}

    /** The sum of what the vNICs of a host report. */
    static StagedCounts of(List<ShadowReport> reports) {
        StagedCounts sum = NONE;
        for (ShadowReport report : reports) {
            sum = sum.plus(of(report));
        }
        return sum;
    }

    private static StagedCounts of(ShadowReport report) {
        return new StagedCounts(
                1,
                report.judging() ? 1 : 0,
                report.liveJudged(),
                report.rules(),
                report.omittedRules(),
                report.examples().stream()
                        .map(flow -> new Example(report.vnic(), flow))
                        .toList());
    }

    public StagedCounts plus(StagedCounts other) {
        Map<String, RuleCount> byRule = new LinkedHashMap<>();
        rules.forEach(count -> byRule.put(count.rule(), count));
        other.rules.forEach(count -> byRule.merge(count.rule(), count, StagedCounts::sum));
        List<RuleCount> sorted = new ArrayList<>(byRule.values());
        sorted.sort(Comparator.comparingLong(StagedCounts::differences)
                .thenComparingLong(RuleCount::hits)
                .reversed()
                .thenComparing(RuleCount::rule));
        List<Example> latest = new ArrayList<>(examples);
        latest.addAll(other.examples);
        latest.sort(Comparator.comparingLong(example -> example.flow().ageNanos()));
        return new StagedCounts(
                vnics + other.vnics,
                judging + other.judging,
                liveJudged + other.liveJudged,
                sorted.subList(0, Math.min(sorted.size(), MAX_RULES)),
                omittedRules + other.omittedRules + Math.max(0, sorted.size() - MAX_RULES),
                latest.subList(0, Math.min(latest.size(), MAX_EXAMPLES)));
    }

    private static long differences(RuleCount count) {
        return count.wouldDeny() + count.wouldAllow() + count.wouldCut();
    }

    private static RuleCount sum(RuleCount one, RuleCount other) {
        return new RuleCount(
                one.ruleId(),
                one.rule(),
                one.hits() + other.hits(),
                one.wouldDeny() + other.wouldDeny(),
                one.wouldAllow() + other.wouldAllow(),
                one.wouldCut() + other.wouldCut());
    }
}
