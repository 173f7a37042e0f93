package io.portcullis.policy.analyze;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.TenantModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Finds groups without anybody, and groups and services that no policy needs; policies that are staged, or not enabled, count as well. */
final class UnusedSearch {
    private final TenantModel model;
    private final GroupMembership membership;
    /** Rules that name a group or service, at most {@link AnalysisLimits#MAX_CAUSES}; none where only appliedTo of a policy does. */
    private final Map<String, Set<RuleName>> users = new LinkedHashMap<>();

    private final Set<String> services = new HashSet<>();

    UnusedSearch(TenantModel model, GroupMembership membership) {
        this.model = model;
        this.membership = membership;
        model.exclusions().values().forEach(exclusion -> use(exclusion.groups()));
        model.policies().values().forEach(this::use);
        for (StagedPolicy staged : model.staged().values()) {
            SecurityPolicy policy = staged.policy();
            if (policy != null) {
                use(policy);
            }
        }
    }

    /** By something that is no rule. */
    private void use(List<String> groups) {
        groups.forEach(group -> users.computeIfAbsent(group, key -> new LinkedHashSet<>()));
    }

    private void use(SecurityPolicy policy) {
        use(policy.appliedTo());
        for (Rule rule : policy.rules()) {
            RuleName name = new RuleName(policy.name(), rule.name());
            use(rule.sources().groups(), name);
            use(rule.destinations().groups(), name);
            use(rule.appliedTo(), name);
            services.addAll(rule.services().names());
        }
    }

    private void use(Collection<String> groups, RuleName rule) {
        for (String group : groups) {
            Set<RuleName> rules = users.computeIfAbsent(group, key -> new LinkedHashSet<>());
            if (rules.size() < AnalysisLimits.MAX_CAUSES) {
                rules.add(rule);
            }
        }
    }

    List<Finding> find() {
        List<Finding> findings = new ArrayList<>();
        Set<String> needed = neededGroups();
        for (String group : model.groups().keySet()) {
            Finding.OfGroup subject = new Finding.OfGroup(group);
            // of the provider's groups each tenant knows who is in them
            if (!model.tenant().equals(TenantId.PROVIDER)
                    && membership.ranges(group).isEmpty()
                    && membership.members(group).isEmpty()) {
                findings.add(new Finding(
                        FindingKind.EMPTY_GROUP,
                        subject,
                        "no vNIC is a member, and it names no address",
                        "check tags and names in its expression; it is well if it waits for members, as a quarantine"
                                + " does",
                        List.copyOf(users.getOrDefault(group, Set.of()))));
            }
            if (!needed.contains(group)) {
                findings.add(new Finding(
                        FindingKind.UNUSED,
                        subject,
                        "no policy and no exclusion names it, nor a group that one names",
                        "delete it, or name it in a rule",
                        List.of()));
            }
        }
        for (String service : model.services().keySet()) {
            if (!services.contains(service)) {
                findings.add(new Finding(
                        FindingKind.UNUSED,
                        new Finding.OfService(service),
                        "no rule names it",
                        "delete it, or name it in a rule",
                        List.of()));
            }
        }
        return findings;
    }

    /** Those that policies name, and those within them. */
    private Set<String> neededGroups() {
        Set<String> needed = new HashSet<>(users.keySet());
        Deque<String> open = new ArrayDeque<>(needed);
        while (!open.isEmpty()) {
            Group group = model.groups().get(open.pop());
            if (group != null) {
                nested(group.expression(), inner -> {
                    if (needed.add(inner)) {
                        open.push(inner);
                    }
                });
            }
        }
        return needed;
    }

    private static void nested(Expression expression, Consumer<String> visitor) {
        if (expression instanceof Expression.InGroup(String group)) {
            visitor.accept(group);
        }
        expression.operandsByPath().values().forEach(operand -> nested(operand, visitor));
    }
}
