package io.portcullis.policy.model;

import io.portcullis.policy.Category;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An ordered list of rules in a category. Policies are evaluated by category, then by sequence number, then by name.
 *
 * @param sequence lower is earlier; policies may share one
 * @param appliedTo groups whose vNICs enforce the policy; empty for all vNICs of the tenant
 * @param enabled a policy that is not enabled is kept and checked, but in no rule table
 * @param description for people; empty for none
 * @param lock why nobody may change or remove the policy; null if it is not locked. A lock is taken off by the policy as it is, without it.
 */
public record SecurityPolicy(
        String name,
        Category category,
        int sequence,
        List<String> appliedTo,
        boolean enabled,
        List<Rule> rules,
        String description,
        @Nullable String lock) {
    /** Order of evaluation. */
    public static final Comparator<SecurityPolicy> EVALUATION_ORDER = Comparator.comparing(SecurityPolicy::category)
            .thenComparingInt(SecurityPolicy::sequence)
            .thenComparing(SecurityPolicy::name);

    public SecurityPolicy {
        appliedTo = List.copyOf(appliedTo);
        rules = List.copyOf(rules);
        // policies that were stored before there were descriptions have none
        description = Objects.requireNonNullElse(description, "");
    }

    /** Without description and lock. */
    public SecurityPolicy(
            String name, Category category, int sequence, List<String> appliedTo, boolean enabled, List<Rule> rules) {
        this(name, category, sequence, appliedTo, enabled, rules, "", null);
    }

    /** An enabled policy for all vNICs of the tenant. */
    public static SecurityPolicy of(String name, Category category, int sequence, Rule.Builder... rules) {
        return new SecurityPolicy(
                name,
                category,
                sequence,
                List.of(),
                true,
                Arrays.stream(rules).map(Rule.Builder::build).toList());
    }

    public SecurityPolicy withAppliedTo(String... groups) {
        return new SecurityPolicy(name, category, sequence, List.of(groups), enabled, rules, description, lock);
    }

    public SecurityPolicy withEnabled(boolean on) {
        return new SecurityPolicy(name, category, sequence, appliedTo, on, rules, description, lock);
    }

    public SecurityPolicy withDescription(String newDescription) {
        return new SecurityPolicy(name, category, sequence, appliedTo, enabled, rules, newDescription, lock);
    }

    /** Null unlocks it. */
    public SecurityPolicy withLock(@Nullable String newLock) {
        return new SecurityPolicy(name, category, sequence, appliedTo, enabled, rules, description, newLock);
    }
}
