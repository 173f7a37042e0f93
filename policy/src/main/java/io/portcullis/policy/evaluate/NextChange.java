package io.portcullis.policy.evaluate;

import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds, among the rules that one walk comes by, when the first of those changes that match the packet at some time. One use. */
final class NextChange {
    private static final Set<Condition> OF_TIME = EnumSet.of(Condition.SCHEDULE, Condition.EXPIRY);

    private final RuleConditions conditions;
    private final Probe probe;
    private @Nullable Instant earliest;

    NextChange(RuleConditions conditions, Probe probe) {
        this.conditions = conditions;
        this.probe = probe;
    }

    /** Every rule before the decision and the one that decides; after it nothing matters. */
    void consider(SecurityPolicy policy, Rule rule) {
        Schedule schedule = policy.schedule();
        Instant expires = rule.expires();
        boolean isTimed = schedule != null || expires != null;
        if (isTimed
                && conditions
                        .failed(policy, rule, probe, OF_TIME.size())
                        .filter(OF_TIME::containsAll)
                        .isPresent()) {
            if (expires != null) {
                consider(expires);
            }
            if (schedule != null && rule.activeAt(probe.time())) {
                consider(schedule.nextChange(probe.time()));
            }
        }
    }

    private void consider(@Nullable Instant change) {
        if (change != null && change.isAfter(probe.time()) && (earliest == null || change.isBefore(earliest))) {
            earliest = change;
        }
    }

    /** Before that the decision stays; null if it stays for ever. */
    @Nullable
    Instant earliest() {
        return earliest;
    }
}
