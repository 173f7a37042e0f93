package io.portcullis.policy.compile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which rules may concern a vNIC, found by the groups that it is in or has an address of: what a rule is applied to, or if that is
 * all vNICs, its sides. So a vNIC is never compared with all rules, nor a rule with all vNICs. One thread.
 */
final class RuleScopes {
    private final GroupIndex groups;
    private final TableClasses classes;
    /** Rules that concern all vNICs. */
    private final SortedSet<RuleNode> ofAll = new TreeSet<>(RuleNode.ORDER);
    /** Rules that are applied to all vNICs, and concern those with an address on one of their sides. */
    private final SortedSet<RuleNode> bySide = new TreeSet<>(RuleNode.ORDER);
    /** Groups that were not asked for before this update and now are, or the other way round. */
    private final List<GroupNode> askedChanged = new ArrayList<>();

    RuleScopes(GroupIndex groups, TableClasses classes) {
        this.groups = groups;
        this.classes = classes;
    }

    /** A rule that matches nothing is left out. */
    void add(RuleNode rule) {
        if (rule.compiled == null) {
            return;
        }
        markClasses(rule);
        for (GroupNode group : rule.narrowest()) {
            group.applied.add(rule);
        }
        if (rule.narrowest().isEmpty()) {
            (rule.concernsAnyAddress() ? ofAll : bySide).add(rule);
            rule.sides().forEach(group -> group.concerning.add(rule));
        }
        ask(rule, 1);
    }

    /** The rule must be as it was when it was added, but for its place. */
    void remove(RuleNode rule) {
        if (rule.compiled == null) {
            return;
        }
        markClasses(rule);
        for (GroupNode group : rule.narrowest()) {
            removeLast(group.applied, rule);
        }
        if (rule.narrowest().isEmpty()) {
            (rule.concernsAnyAddress() ? ofAll : bySide).remove(rule);
            rule.sides().forEach(group -> removeLast(group.concerning, rule));
        }
        ask(rule, -1);
    }

    /** Whoever has the rule gets other tables, though the rule itself is as it was. */
    void touch(RuleNode rule) {
        if (rule.compiled != null) {
            markClasses(rule);
        }
    }

    /** Removes it where it was added last: what comes and goes as a whole is at the end. */
    static void removeLast(List<RuleNode> rules, RuleNode rule) {
        int place = rules.lastIndexOf(rule);
        if (place >= 0) {
            rules.remove(place);
        }
    }

    private void ask(RuleNode rule, int more) {
        rule.ofPolicy.forEach(group -> ask(group, more));
        rule.ofRule.forEach(group -> ask(group, more));
        rule.sides().forEach(group -> ask(group, more));
    }

    private void ask(GroupNode group, int more) {
        if (!group.askedChanged) {
            group.askedChanged = true;
            group.wasAsked = group.asked > 0;
            askedChanged.add(group);
        }
        group.asked += more;
    }

    /** The classes that have the rule, or may come to have it, get another table. */
    private void markClasses(RuleNode rule) {
        if (!rule.narrowest().isEmpty()) {
            rule.narrowest().forEach(group -> classes.markStale(group.classes));
        } else if (rule.concernsAnyAddress()) {
            classes.markAllStale();
        } else {
            rule.sides().forEach(group -> classes.markStale(group.classes));
            classes.markUndeclaredStale();
        }
    }

    /** Groups for which rules have begun or ceased to ask in this update, which this call ends. */
    List<GroupNode> takeAskedChanged() {
        List<GroupNode> taken = new ArrayList<>();
        for (GroupNode group : askedChanged) {
            group.askedChanged = false;
            if (group.wasAsked != group.asked > 0) {
                taken.add(group);
            }
        }
        askedChanged.clear();
        return taken;
    }

    /** The rules that concern vNICs with this signature beside those that concern all, in order of evaluation. */
    List<RuleNode> concerning(Signature signature) {
        List<RuleNode> found = new ArrayList<>();
        for (int place = 0; place < signature.size(); place++) {
            GroupNode group = groups.group(signature.group(place));
            if (signature.isMember(place)) {
                collect(group.applied, signature, found);
            }
            if (signature.hasAddress(place)) {
                collect(group.concerning, signature, found);
            }
        }
        if (signature.mayUseUndeclared()) {
            found.addAll(bySide);
        }
        found.sort(RuleNode.ORDER);
        List<RuleNode> rules = new ArrayList<>(found.size());
        for (RuleNode rule : found) {
            if (rules.isEmpty() || rules.getLast() != rule) {
                rules.add(rule);
            }
        }
        return rules;
    }

    private static void collect(List<RuleNode> candidates, Signature signature, List<RuleNode> found) {
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.get(i).concerns(signature)) {
                found.add(candidates.get(i));
            }
        }
    }

    /** These rules and those that concern all vNICs, in order of evaluation. */
    List<RuleNode> withThoseOfAll(List<RuleNode> rules) {
        if (ofAll.isEmpty()) {
            return rules;
        }
        List<RuleNode> all = new ArrayList<>(ofAll.size() + rules.size());
        all.addAll(ofAll);
        all.addAll(rules);
        Collections.sort(all, RuleNode.ORDER);
        return all;
    }
}
