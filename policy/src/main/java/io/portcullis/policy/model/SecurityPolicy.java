package io.portcullis.policy.model;

import io.portcullis.policy.Category;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.Tier;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An ordered list of rules in a category. Policies are evaluated by {@link Stage}, then by sequence number, then by name.
 *
 * @param sequence lower is earlier; policies may share one
 * @param appliedTo groups whose vNICs enforce the policy; empty for all vNICs of the tenant
 * @param enabled a policy that is not enabled is kept and checked, but in no rule table
 * @param description for people; empty for none
 * @param schedule when the policy is active; null for always. While it is not, it is kept and checked, but in no rule table.
 * @param lock why nobody may change or remove the policy; null if it is not locked. A lock is taken off by the policy as it is, without it.
 * @param stateless whether its rules judge each packet by itself: an ALLOW opens no connection, so that what is answered needs a rule of
 *     its own
 * @param tcpPickup whether connections that its rules allow may be picked up in mid-stream
 */
public record SecurityPolicy(
        String name,
        Category category,
        int sequence,
        List<String> appliedTo,
        boolean enabled,
        List<Rule> rules,
        String description,
        @Nullable String lock,
        @Nullable Schedule schedule,
        boolean stateless,
        TcpPickup tcpPickup) {
    /** Order of evaluation. Written out, as the compiler sorts by it all that there is. */
    public static final Comparator<SecurityPolicy> EVALUATION_ORDER = (one, other) -> {
        int byStage = one.stage().compareTo(other.stage());
        int bySequence = byStage != 0 ? byStage : Integer.compare(one.sequence(), other.sequence());
        return bySequence != 0 ? bySequence : one.name().compareTo(other.name());
    };

    public SecurityPolicy {
        appliedTo = List.copyOf(appliedTo);
        rules = List.copyOf(rules);
        // policies that were stored before there were descriptions have none
        description = Objects.requireNonNullElse(description, "");
        // and before this could be said of one policy
        tcpPickup = Objects.requireNonNullElse(tcpPickup, TcpPickup.INHERIT);
    }

    /** Always active, stateful, without description and lock. */
    public SecurityPolicy(
            String name, Category category, int sequence, List<String> appliedTo, boolean enabled, List<Rule> rules) {
        this(name, category, sequence, appliedTo, enabled, rules, "", null, null, false, TcpPickup.INHERIT);
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
        return new SecurityPolicy(
                name,
                category,
                sequence,
                List.of(groups),
                enabled,
                rules,
                description,
                lock,
                schedule,
                stateless,
                tcpPickup);
    }

    public SecurityPolicy withEnabled(boolean on) {
        return new SecurityPolicy(
                name, category, sequence, appliedTo, on, rules, description, lock, schedule, stateless, tcpPickup);
    }

    public SecurityPolicy withDescription(String newDescription) {
        return new SecurityPolicy(
                name,
                category,
                sequence,
                appliedTo,
                enabled,
                rules,
                newDescription,
                lock,
                schedule,
                stateless,
                tcpPickup);
    }

    /** Null unlocks it. */
    public SecurityPolicy withLock(@Nullable String newLock) {
        return new SecurityPolicy(
                name,
                category,
                sequence,
                appliedTo,
                enabled,
                rules,
                description,
                newLock,
                schedule,
                stateless,
                tcpPickup);
    }

    /** Null is always. */
    public SecurityPolicy withSchedule(@Nullable Schedule newSchedule) {
        return new SecurityPolicy(
                name,
                category,
                sequence,
                appliedTo,
                enabled,
                rules,
                description,
                lock,
                newSchedule,
                stateless,
                tcpPickup);
    }

    public SecurityPolicy withRules(List<Rule> newRules) {
        return new SecurityPolicy(
                name,
                category,
                sequence,
                appliedTo,
                enabled,
                newRules,
                description,
                lock,
                schedule,
                stateless,
                tcpPickup);
    }

    public SecurityPolicy withSequence(int newSequence) {
        return new SecurityPolicy(
                name,
                category,
                newSequence,
                appliedTo,
                enabled,
                rules,
                description,
                lock,
                schedule,
                stateless,
                tcpPickup);
    }

    public SecurityPolicy withStateless(boolean on) {
        return new SecurityPolicy(
                name, category, sequence, appliedTo, enabled, rules, description, lock, schedule, on, tcpPickup);
    }

    public SecurityPolicy withTcpPickup(TcpPickup pickup) {
        return new SecurityPolicy(
                name, category, sequence, appliedTo, enabled, rules, description, lock, schedule, stateless, pickup);
    }

    /** Whose it is, as seen from the model of a tenant. */
    public Tier tier() {
        return Tier.ofName(name);
    }

    /** Where its rules stand in the order of evaluation, as seen from the model of a tenant. */
    public Stage stage() {
        return Stage.of(tier(), category);
    }

    /** Whether its rules are in tables at that time, those that have not expired. */
    public boolean activeAt(Instant time) {
        return enabled && (schedule == null || schedule.activeAt(time));
    }

    /** The rules that are in tables at that time, in their order. */
    public List<Rule> rulesAt(Instant time) {
        if (!activeAt(time)) {
            return List.of();
        }
        return expires() ? rules.stream().filter(rule -> rule.activeAt(time)).toList() : rules;
    }

    private boolean expires() {
        for (Rule rule : rules) {
            if (rule.expires() != null) {
                return true;
            }
        }
        return false;
    }

    /** The first instant after this one from which on other rules may be in tables, by the time alone; null if there is none. */
    public @Nullable Instant nextChange(Instant after) {
        if (!enabled) {
            return null;
        }
        Instant next = schedule == null ? null : schedule.nextChange(after);
        for (Rule rule : rules) {
            Instant expires = rule.expires();
            if (expires != null && expires.isAfter(after) && (next == null || expires.isBefore(next))) {
                next = expires;
            }
        }
        return next;
    }
}
