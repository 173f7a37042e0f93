package io.portcullis.policy.evaluate;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * A decision and why.
 *
 * @param direction IN or OUT
 * @param revision of the model
 * @param reasons why the conditions of the deciding rule hold, those that any packet meets left out; empty if no rule decided
 * @param nearMisses where nothing matched: the rules before the decision that were closest to deciding otherwise, closest first; at
 *     most {@value #MAX_NEAR_MISSES}
 */
public record Evaluation(
        VnicId vnic,
        RuleDirection direction,
        long revision,
        Decision decision,
        List<Reason> reasons,
        List<NearMiss> nearMisses) {
    public static final int MAX_NEAR_MISSES = 5;

    public Evaluation {
        reasons = List.copyOf(reasons);
        nearMisses = List.copyOf(nearMisses);
    }
}
