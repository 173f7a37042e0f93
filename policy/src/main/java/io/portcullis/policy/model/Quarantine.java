package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Isolates a VM by one tag: {@link #TAG} brings it into {@link #GROUP}, whose vNICs enforce {@link #POLICY}, the first of category
 * EMERGENCY, which drops everything and cuts what is established. Both are made with the first quarantine of a tenant. A tenant
 * may have made its own of these names, as long as they do isolate.
 *
 * <p>What rules of the provider allow, an isolated VM still has: these come before the tenant's.
 *
 * <p>Ours is applied to the group instead of naming it as source and destination: so it also holds for what a VM that routes
 * forwards, whatever addresses that has.
 */
public final class Quarantine {
    public static final Tag TAG = new Tag("quarantine", "yes");
    public static final String GROUP = "quarantined";
    public static final String POLICY = "quarantine";

    private static final Group OURS = new Group(GROUP, new Expression.HasTag(TAG));

    private Quarantine() {}

    /**
     * The edits that isolate the VM.
     *
     * @throws IllegalStateException with a message for people, if the tenant's own group or policy of these names does not isolate
     */
    public static List<ModelEdit> isolate(TenantModel model, Vm vm) {
        List<ModelEdit> edits = new ArrayList<>();
        Group group = model.groups().get(GROUP);
        if (group == null) {
            edits.add(new ModelEdit.PutGroup(OURS));
        } else if (!holdsTag(group.expression())) {
            throw new IllegalStateException(
                    "the tenant's group '" + GROUP + "' does not hold every VM with the tag " + TAG);
        }
        SecurityPolicy policy = model.policies().get(POLICY);
        if (policy == null) {
            edits.add(new ModelEdit.PutPolicy(first(model)));
        } else if (!isolates(policy)) {
            throw new IllegalStateException(
                    "the tenant's policy '" + POLICY + "' does not isolate: it must be enabled, of"
                            + " category EMERGENCY, and drop any service to anyone, applied to the group '" + GROUP
                            + "' or from and to it");
        } else if (isBehindAnAllow(model, policy)) {
            throw new IllegalStateException("the tenant's policy '" + POLICY
                    + "' does not isolate: another EMERGENCY policy, which allows or passes, comes before it");
        }
        Set<Tag> tags = new TreeSet<>(vm.tags());
        if (tags.add(TAG)) {
            edits.add(new ModelEdit.SetTags(vm.name(), new TreeSet<>(tags)));
        }
        return edits;
    }

    /** The edits that end it; group and policy stay. */
    public static List<ModelEdit> release(Vm vm) {
        TreeSet<Tag> tags = new TreeSet<>(vm.tags());
        return tags.remove(TAG) ? List.of(new ModelEdit.SetTags(vm.name(), tags)) : List.of();
    }

    private static SecurityPolicy first(TenantModel model) {
        int sequence = model.policies().values().stream()
                .filter(policy -> policy.category() == Category.EMERGENCY)
                .mapToInt(policy -> Math.max(policy.sequence(), Integer.MIN_VALUE + 1) - 1)
                .reduce(0, Math::min);
        return ours(sequence);
    }

    private static SecurityPolicy ours(int sequence) {
        Rule.Builder rule = Rule.drop("isolate").anyService().liveFlows(LiveFlowMode.RECHECK);
        return SecurityPolicy.of(POLICY, Category.EMERGENCY, sequence, rule).withAppliedTo(GROUP);
    }

    /** Whether it is the policy that a first quarantine makes. Edits that are played back depend on it: it must stay as it is. */
    static boolean isOurs(SecurityPolicy policy) {
        return policy.equals(ours(policy.sequence()));
    }

    /** As {@link #isOurs(SecurityPolicy)}, of the group. */
    static boolean isOurs(Group group) {
        return group.equals(OURS);
    }

    private static boolean holdsTag(Expression expression) {
        return expression.equals(new Expression.HasTag(TAG))
                || (expression instanceof Expression.Or(List<Expression> operands)
                        && operands.stream().anyMatch(Quarantine::holdsTag));
    }

    private static boolean isolates(SecurityPolicy policy) {
        if (!policy.enabled() || policy.schedule() != null || policy.category() != Category.EMERGENCY) {
            return false;
        }
        List<Rule> rules = policy.rules();
        boolean isForGroup = policy.appliedTo().contains(GROUP);
        boolean isForAll = policy.appliedTo().isEmpty();
        for (int i = 0; i < rules.size() && drops(rules.get(i)); i++) {
            boolean isWhole =
                    isAny(rules.get(i).sources()) && isAny(rules.get(i).destinations());
            if (isWhole && (isForGroup || isForAll)) {
                return true;
            }
        }
        return isForAll
                && rules.stream().allMatch(Quarantine::drops)
                && rules.stream().anyMatch(rule -> names(rule.sources()) && isAny(rule.destinations()))
                && rules.stream().anyMatch(rule -> isAny(rule.sources()) && names(rule.destinations()));
    }

    private static boolean drops(Rule rule) {
        return rule.action() == Action.DROP
                && rule.services().any()
                && rule.direction() == RuleDirection.BOTH
                && rule.family() == IpFamily.ANY
                && rule.appliedTo().isEmpty()
                && rule.expires() == null
                && rule.liveFlowMode() != LiveFlowMode.KEEP;
    }

    private static boolean isAny(Peers peers) {
        return peers.any();
    }

    private static boolean names(Peers peers) {
        return peers.groups().contains(GROUP) && !peers.negated();
    }

    private static boolean isBehindAnAllow(TenantModel model, SecurityPolicy policy) {
        return model.policies().values().stream()
                .filter(other -> other.enabled() && other.category() == Category.EMERGENCY)
                .filter(other -> SecurityPolicy.EVALUATION_ORDER.compare(other, policy) < 0)
                .flatMap(other -> other.rules().stream())
                .anyMatch(rule -> rule.action() == Action.ALLOW || rule.action() == Action.PASS);
    }
}
