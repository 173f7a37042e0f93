package io.portcullis.policy.analyze;

import io.portcullis.policy.Tier;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The analysis of a tenant with schedules or expiries: one for each set of rules that are active at once, as they follow on each other from the
 * model's time on. Of a rule is kept what was found at all times at which it is active. One use.
 */
final class AllTimes {
    private final TenantModel model;
    /** Policies whose rules are not always active, in order of evaluation. */
    private final List<SecurityPolicy> timed;

    private final Tier reader;
    private final Map<String, Finding> first = new LinkedHashMap<>();
    /** Findings that were missing at a time at which their rule is active. */
    private final Set<String> refuted = new HashSet<>();

    private int unfinished;

    private AllTimes(TenantModel model, List<SecurityPolicy> timed, Tier reader) {
        this.model = model;
        this.timed = timed;
        this.reader = reader;
    }

    static Analysis analyze(TenantModel model, Tier reader) {
        List<SecurityPolicy> timed = model.allPolicies()
                .filter(SecurityPolicy::enabled)
                .filter(policy ->
                        policy.schedule() != null || policy.rules().stream().anyMatch(rule -> rule.expires() != null))
                .toList();
        return timed.isEmpty() ? PolicyAnalyzer.analyzeNow(model, reader) : new AllTimes(model, timed, reader).run();
    }

    private Analysis run() {
        List<Map<String, Finding>> found = new ArrayList<>();
        List<Instant> times = times();
        for (Instant time : times) {
            Analysis analysis = PolicyAnalyzer.analyzeNow(model.at(time), reader);
            Map<String, Finding> byIdentity = new LinkedHashMap<>();
            analysis.findings().forEach(finding -> byIdentity.put(finding.identity(), finding));
            byIdentity.forEach(first::putIfAbsent);
            found.add(byIdentity);
            unfinished = Math.max(unfinished, analysis.unfinished());
        }
        for (int index = 0; index < found.size(); index++) {
            Set<String> here = found.get(index).keySet();
            Instant time = times.get(index);
            first.forEach((identity, finding) -> {
                if (!holds(finding, here) && concerns(finding, time)) {
                    refuted.add(identity);
                }
            });
        }
        first.keySet().removeAll(refuted);
        return new Analysis(rules(), inOrder(model, first.values()), unfinished);
    }

    /** A rule that is shadowed can be deleted as well as one that is redundant. */
    private static boolean holds(Finding finding, Set<String> here) {
        return here.contains(finding.identity())
                || (finding.kind() == FindingKind.REDUNDANT
                        && here.contains(finding.withKind(FindingKind.SHADOWED).identity()));
    }

    /** One for each set of rules that are active at once: the model's time and those that follow on it. */
    private List<Instant> times() {
        List<Instant> times = new ArrayList<>();
        Set<List<Integer>> seen = new HashSet<>();
        Instant time = model.time();
        for (int step = 0; time != null && step < AnalysisLimits.MAX_CHANGES; step++) {
            if (seen.add(active(time))) {
                times.add(time);
                if (times.size() == AnalysisLimits.MAX_TIMES) {
                    break;
                }
            }
            time = nextChange(time);
        }
        return times;
    }

    /** How many rules of each policy: as they only expire, the number says which. */
    private List<Integer> active(Instant time) {
        return timed.stream().map(policy -> policy.rulesAt(time).size()).toList();
    }

    private @Nullable Instant nextChange(Instant time) {
        TreeSet<Instant> changes = new TreeSet<>();
        for (SecurityPolicy policy : timed) {
            Instant change = policy.nextChange(time);
            if (change != null) {
                changes.add(change);
            }
        }
        return changes.isEmpty() ? null : changes.first();
    }

    /** Whether the finding should have been made at that time, too. */
    private boolean concerns(Finding finding, Instant time) {
        if (!(finding.subject() instanceof Finding.OfRule(RuleName name, int index))) {
            return true;
        }
        SecurityPolicy policy = model.policies().get(name.policy());
        if (policy == null || !policy.activeAt(time)) {
            return false;
        }
        Rule rule = policy.rules().get(index);
        return rule.activeAt(time);
    }

    private int rules() {
        return model.policies().values().stream()
                .filter(SecurityPolicy::enabled)
                .mapToInt(policy -> policy.rules().size())
                .sum();
    }

    /** Those of rules in order of evaluation, then the others. */
    static List<Finding> inOrder(TenantModel model, Collection<Finding> findings) {
        Map<String, Integer> places = new HashMap<>();
        model.policies().values().stream()
                .sorted(SecurityPolicy.EVALUATION_ORDER)
                .forEach(policy -> places.put(policy.name(), places.size()));
        // stable: those of one rule, and those of groups and services, stay as they were found
        return findings.stream()
                .sorted(Comparator.<Finding>comparingInt(finding -> finding.subject() instanceof Finding.OfRule rule
                                ? places.getOrDefault(rule.name().policy(), places.size())
                                : places.size())
                        .thenComparingInt(
                                finding -> finding.subject() instanceof Finding.OfRule rule ? rule.index() : 0))
                .toList();
    }
}
