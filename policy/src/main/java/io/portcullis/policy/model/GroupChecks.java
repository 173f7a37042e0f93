package io.portcullis.policy.model;

import io.portcullis.policy.TenantId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/** Checks groups: expressions, references, nesting, cycles. */
final class GroupChecks {
    private final TenantModel model;
    private final Problems problems;
    /** Whose groups are conditions for the VMs of tenants. */
    private final boolean isProvider;

    private final Map<String, Set<String>> nested = new HashMap<>();
    private final Map<String, Integer> heights = new HashMap<>();
    private final Deque<String> chain = new ArrayDeque<>();
    private int nodes;
    /** Of the groups that were checked. */
    private long patternSteps;

    GroupChecks(TenantModel model, Problems problems) {
        this.model = model;
        this.problems = problems;
        isProvider = model.tenant().equals(TenantId.PROVIDER);
    }

    static void check(TenantModel model, Problems problems) {
        GroupChecks checks = new GroupChecks(model, problems);
        checks.checkCount();
        model.groups().values().forEach(checks::checkGroup);
        checks.checkPatterns(checks.patternSteps);
        model.groups().keySet().forEach(checks::checkNesting);
    }

    void checkCount() {
        problems.checkLimit("/groups", "groups", model.groups().size(), Limits.MAX_GROUPS, "MAX_GROUPS");
    }

    /** @param steps of all patterns of the tenant */
    void checkPatterns(long steps) {
        problems.checkLimit(
                "/groups",
                "steps of regular expressions",
                (int) Math.min(steps, Integer.MAX_VALUE),
                Limits.MAX_PATTERN_STEPS_PER_TENANT,
                "MAX_PATTERN_STEPS_PER_TENANT");
    }

    /** Whether nothing is wrong with this group and those in it; not whether those that it is in are nested too deep now. */
    boolean passesAlone(Group group) {
        checkGroup(group);
        if (problems.isEmpty()) {
            checkNesting(group.name());
        }
        return problems.isEmpty();
    }

    /** Longest chain of groups that begins here. */
    int height(String group) {
        return checkNesting(group);
    }

    /** Groups in this one, of which each exists. */
    private Set<String> innerOf(String group) {
        Set<String> known = nested.get(group);
        if (known == null) {
            known = new HashSet<>();
            Group its = model.groups().get(group);
            if (its != null) {
                collectInner(its.expression(), known);
            }
            nested.put(group, known);
        }
        return known;
    }

    private void collectInner(Expression expression, Set<String> inner) {
        if (expression instanceof Expression.InGroup(String group)
                && model.groups().containsKey(group)) {
            inner.add(group);
        }
        expression.operandsByPath().values().forEach(operand -> collectInner(operand, inner));
    }

    private void checkGroup(Group group) {
        String path = Problems.pointer("groups", group.name());
        problems.checkName(path + "/name", "group", group.name());
        nodes = 0;
        Set<String> inner = new HashSet<>();
        nested.put(group.name(), inner);
        checkExpression(group.expression(), path + "/expression", 1, inner);
        if (nodes > Limits.MAX_EXPRESSION_NODES) {
            problems.add(
                    path + "/expression",
                    "the expression has more than " + Limits.MAX_EXPRESSION_NODES + " parts",
                    "split it into nested groups (MAX_EXPRESSION_NODES)");
        }
    }

    private void checkExpression(Expression expression, String path, int depth, Set<String> inner) {
        if (++nodes > Limits.MAX_EXPRESSION_NODES) {
            return;
        }
        if (depth > Limits.MAX_EXPRESSION_DEPTH) {
            problems.add(
                    path,
                    "the expression is nested deeper than " + Limits.MAX_EXPRESSION_DEPTH,
                    "split it into nested groups (MAX_EXPRESSION_DEPTH)");
            return;
        }
        switch (expression) {
            case Expression.HasTag _ -> {}
            case Expression.NameMatches(TextMatch match, String text) -> checkWanted(path, "name", match, text);
            case Expression.OsMatches(TextMatch match, String text) ->
                checkWanted(path, "operating system", match, text);
            case Expression.InSegment in -> checkSegment(path, in.segment());
            case Expression.HasFinding has -> checkFinding(path, has);
            case Expression.Addresses set ->
                checkAddresses(path, set.addresses().size());
            case Expression.Members members -> checkMembers(path, members);
            case Expression.InGroup in -> checkReference(path, in.group(), inner);
            case Expression.And(List<Expression> operands) -> checkOperands(path, "AND", operands);
            case Expression.Or(List<Expression> operands) -> checkOperands(path, "OR", operands);
            case Expression.Not _ -> {}
        }
        expression
                .operandsByPath()
                .forEach((place, operand) -> checkExpression(operand, path + "/" + place, depth + 1, inner));
    }

    private void checkWanted(String path, String what, TextMatch match, String text) {
        if (text.isEmpty()) {
            problems.add(path, "the " + what + " to look for is empty", "write the text to compare with");
        }
        if (match == TextMatch.MATCHES) {
            TextPattern.check(path, what, text, problems);
            patternSteps += TextPattern.countedSteps(text);
        } else {
            problems.checkText(path, what, text);
        }
    }

    private void checkSegment(String path, String segment) {
        if (isProvider) {
            problems.checkName(path, "segment", segment);
        } else if (!model.segments().containsKey(segment)) {
            problems.add(
                    path,
                    "there is no segment " + Problems.quote(segment),
                    "create the segment first, or in the same document");
        }
    }

    private void checkFinding(String path, Expression.HasFinding has) {
        problems.checkName(path, "finding", has.finding());
        if (has.value() != null) {
            problems.checkText(path, "value of the finding", has.value());
        }
    }

    private void checkAddresses(String path, int count) {
        if (count == 0) {
            problems.add(path, "the address set is empty", "write at least one address, block or range");
        }
        problems.checkLimit(path, "addresses", count, Limits.MAX_ADDRESSES_PER_SET, "MAX_ADDRESSES_PER_SET");
    }

    private void checkMembers(String path, Expression.Members members) {
        if (isProvider) {
            problems.add(
                    path,
                    "the provider has no VMs that it could name: each tenant judges the group for its own",
                    "use a tag, or names as conditions (equals, startsWith, contains, matches)");
            return;
        }
        problems.checkLimit(
                path, "members", members.vms().size(), Limits.MAX_MEMBERS_PER_GROUP, "MAX_MEMBERS_PER_GROUP");
        checkVms(model, problems, path, "the members", members.vms());
    }

    /** @param where the list, for people */
    static void checkVms(TenantModel model, Problems problems, String path, String where, SortedSet<String> vms) {
        for (String vm : vms) {
            if (!model.vms().containsKey(vm)) {
                problems.add(
                        path,
                        "there is no VM " + Problems.quote(vm),
                        "take it out of " + where + ", or use a tag instead of names");
            }
        }
    }

    private void checkReference(String path, String group, Set<String> inner) {
        if (model.groups().containsKey(group)) {
            inner.add(group);
        } else {
            unknownGroup(problems, Place.of(path), group);
        }
    }

    /** A list of groups: how many, and whether each exists. */
    static void checkReferences(TenantModel model, Problems problems, Place path, List<String> groups) {
        problems.checkLimit(path, "groups", groups.size(), Limits.MAX_GROUPS_PER_LIST, "MAX_GROUPS_PER_LIST");
        for (int index = 0; index < groups.size(); index++) {
            if (!model.groups().containsKey(groups.get(index))) {
                unknownGroup(problems, path.item(index), groups.get(index));
            }
        }
    }

    private static void unknownGroup(Problems problems, Place path, String group) {
        problems.add(
                path,
                "there is no group " + Problems.quote(group),
                "create the group first or in the same document; a group that is in use cannot be removed");
    }

    private void checkOperands(String path, String word, List<Expression> operands) {
        if (operands.isEmpty()) {
            problems.add(path, word + " of nothing", "write at least one operand");
        }
    }

    /** Longest chain of groups that begins here; a cycle or too long a chain is a problem and counts as 1. */
    private int checkNesting(String group) {
        Integer known = heights.get(group);
        if (known != null) {
            return known;
        }
        String path = Problems.pointer("groups", group) + "/expression";
        if (chain.contains(group)) {
            problems.add(
                    path, "group cycle: " + cycle(group), "a group cannot contain itself, not even through others");
            return 1;
        }
        if (chain.size() >= Limits.MAX_GROUP_NESTING) {
            problems.add(
                    path,
                    "groups are nested deeper than " + Limits.MAX_GROUP_NESTING,
                    "flatten them (MAX_GROUP_NESTING)");
            return 1;
        }
        chain.addLast(group);
        int height = 1;
        for (String inner : innerOf(group)) {
            height = Math.max(height, 1 + checkNesting(inner));
        }
        chain.removeLast();
        heights.put(group, height);
        if (height + chain.size() > Limits.MAX_GROUP_NESTING) {
            problems.add(
                    path,
                    "groups are nested deeper than " + Limits.MAX_GROUP_NESTING,
                    "flatten them (MAX_GROUP_NESTING)");
        }
        return height;
    }

    private String cycle(String group) {
        List<String> names = new ArrayList<>(chain);
        List<String> round = new ArrayList<>(names.subList(names.indexOf(group), names.size()));
        round.add(group);
        return String.join(" → ", round);
    }
}
