package io.portcullis.policy.evaluate;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decision and why.
 *
 * @param direction IN or OUT
 * @param revision of the model
 * @param reasons why the conditions of the deciding rule hold, those that any packet meets left out, or which exclusion holds; empty
 *     if neither decided
 * @param nearMisses where nothing matched: the rules before the decision that were closest to deciding otherwise, closest first; at
 *     most {@value #MAX_NEAR_MISSES}
 * @param nextChange when the decision is another one if nobody changes the model; null if it stays, or if none of the next
 *     {@value #MAX_TIMES} times brings another
 * @param stateless whether the deciding rule judges each packet by itself
 * @param answer where such a rule allows the packet: what is said at the same vNIC of the packet that answers it; else null
 */
public record Evaluation(
        VnicId vnic,
        RuleDirection direction,
        long revision,
        Decision decision,
        List<Reason> reasons,
        List<NearMiss> nearMisses,
        @Nullable Instant nextChange,
        boolean stateless,
        @Nullable Decision answer) {
    public static final int MAX_NEAR_MISSES = 5;
    /** Times at which a rule that matches the packet begins or ceases to be active, until that of {@code nextChange}. */
    public static final int MAX_TIMES = 16;

    public Evaluation {
        reasons = List.copyOf(reasons);
        nearMisses = List.copyOf(nearMisses);
    }
}
