package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.analyze.MatchedPackets.Outcome;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Says what was found about rules, and how to mend it. */
final class FindingTexts {
    private final PolicyShapes shapes;
    private final boolean namesProvider;

    /** @param namesProvider whether rules of the provider are named; else only said to be there */
    FindingTexts(PolicyShapes shapes, boolean namesProvider) {
        this.shapes = shapes;
        this.namesProvider = namesProvider;
    }

    Finding neverMatches(Finding.OfRule subject, Outcome.Nothing nothing) {
        return new Finding(
                FindingKind.NEVER_MATCHES,
                subject,
                "no packet can match it: " + nothing.message(),
                nothing.hint(),
                List.of());
    }

    Finding matchesElsewhere(Finding.OfRule subject) {
        return new Finding(
                FindingKind.NEVER_MATCHES,
                subject,
                "no packet can match it: no vNIC that it is applied to has an address of its sources (for packets it"
                        + " sends) or of its destinations (for packets it gets)",
                "correct the addresses or appliedTo, or delete the rule",
                List.of());
    }

    /**
     * Of a rule for which earlier ones leave nothing. Empty if it has an effect all the same: it switches FTP's gateway on where the
     * rules that decide instead do not.
     */
    Optional<Finding> covered(RuleShape rule, List<RuleShape> takers) {
        boolean isSame = takers.stream()
                .allMatch(taker -> taker.action() == rule.action() && shapes.keepStateAlike(taker, rule));
        boolean isNeeded = LaterRules.followsFtp(shapes.model(), rule)
                && (takers.size() > 1 || !LaterRules.followsFtp(shapes.model(), takers.getFirst()));
        if (isSame && isNeeded) {
            return Optional.empty();
        }
        String who = list(takers);
        String what = takers.size() == 1
                ? who + " comes first and matches all that it does"
                : who + " come first and together match all that it does";
        return Optional.of(
                isSame
                        ? new Finding(
                                FindingKind.REDUNDANT,
                                rule.subject(),
                                "it never decides: " + what + ", with the same action",
                                "delete it",
                                causes(takers))
                        : new Finding(
                                FindingKind.SHADOWED,
                                rule.subject(),
                                "its " + rule.action() + " never decides: " + what,
                                howToUncover(rule, takers),
                                causes(takers)));
    }

    /** Of a rule that another one covers whoever is in their groups. */
    Finding covered(Finding.OfRule rule, Action action, RuleName taker, Action ofTaker) {
        String what = taker + " (" + ofTaker + ") comes first and matches all that it does, whoever is in its groups";
        return action == ofTaker
                ? new Finding(
                        FindingKind.REDUNDANT,
                        rule,
                        "it never decides: " + what + ", with the same action",
                        "delete it",
                        List.of(taker))
                : new Finding(
                        FindingKind.SHADOWED,
                        rule,
                        "its " + action + " never decides: " + what,
                        "move it before " + taker + ", narrow that rule, or delete this one",
                        List.of(taker));
    }

    private static String howToUncover(RuleShape rule, List<RuleShape> takers) {
        if (takers.stream().allMatch(RuleShape::isOfProvider)) {
            return "delete it: the provider's rules always come before those of a tenant";
        }
        return takers.size() == 1
                ? "move it before " + takers.getFirst().name() + ", narrow that rule, or delete this one"
                        + acrossCategories(rule, takers.getFirst())
                : "move it before them, narrow one of them, or delete it";
    }

    private static String acrossCategories(RuleShape rule, RuleShape taker) {
        return rule.category() == taker.category()
                ? ""
                : "; category " + taker.category() + " always comes before " + rule.category();
    }

    Finding unnecessary(RuleShape rule, Optional<RuleShape> instead) {
        return instead.map(later -> new Finding(
                        FindingKind.REDUNDANT,
                        rule.subject(),
                        "without it nothing would change: " + later.text()
                                + " comes later, matches all that it does, and no rule between them decides otherwise",
                        "delete it, or narrow " + later.name(),
                        causes(List.of(later))))
                .orElseGet(() -> new Finding(
                        FindingKind.REDUNDANT,
                        rule.subject(),
                        "its PASS leads nowhere: no later rule of category " + rule.category()
                                + " matches what it matches, but to PASS it",
                        "delete it, or move it before the rules that it is to jump over",
                        List.of()));
    }

    Finding conflicting(RuleShape rule, List<ConflictSearch.Conflict> conflicts) {
        List<RuleShape> earlier =
                conflicts.stream().map(ConflictSearch.Conflict::earlier).toList();
        ConflictSearch.Conflict first = conflicts.getFirst();
        boolean isByName = earlier.stream()
                .anyMatch(each -> !each.policy().name().equals(rule.policy().name())
                        && each.policy().sequence() == rule.policy().sequence());
        return new Finding(
                FindingKind.CONFLICTING,
                rule.subject(),
                "its " + rule.action() + " and " + list(earlier) + " overlap, and their order alone decides"
                        + (isByName ? " (their policies have the same sequence: that is the order of their names)" : "")
                        + ", for example about " + first.packet().text(shapes),
                "make sure that this order is meant: move the rule that is to win to the front, or narrow one of them",
                causes(earlier));
    }

    Finding passesAll(RuleShape rule, List<RuleShape> skipped) {
        return new Finding(
                FindingKind.PASSES_ALL,
                rule.subject(),
                "it jumps over everything: none of the " + skipped.size() + " later rules of category "
                        + rule.category() + " gets a packet",
                "narrow it, or move it behind the rules that are to decide",
                causes(skipped));
    }

    private String list(List<RuleShape> rules) {
        List<RuleShape> named = rules.stream().filter(this::isNamed).toList();
        int others = rules.size() - named.size();
        String ofProvider = others == 1 ? "a rule of the provider" : "rules of the provider";
        return others == 0 ? listNamed(named) : named.isEmpty() ? ofProvider : ofProvider + " and " + listNamed(named);
    }

    private boolean isNamed(RuleShape rule) {
        return namesProvider || !rule.isOfProvider();
    }

    private static String listNamed(List<RuleShape> rules) {
        String shown = rules.stream()
                .limit(AnalysisLimits.MAX_CAUSES)
                .map(RuleShape::text)
                .collect(Collectors.joining(", "));
        int more = rules.size() - AnalysisLimits.MAX_CAUSES;
        return more > 0 ? shown + " and " + more + " more" : shown;
    }

    private List<RuleName> causes(List<RuleShape> rules) {
        return rules.stream()
                .filter(this::isNamed)
                .limit(AnalysisLimits.MAX_CAUSES)
                .map(RuleShape::name)
                .toList();
    }
}
