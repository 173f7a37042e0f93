package io.portcullis.policy.analyze;

import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the use of a tenant's rules: counted in the data path, and given to the analysis as a value.
 *
 * @param unusedSince rules that were of no use since then are asked for
 * @param countedSince from when on every use was counted; null if from the beginning
 * @param complete whether nobody's counts are missing
 * @param lastHits when each rule was last of use; rules that never were are missing
 * @param then the tenant as it was at {@code unusedSince}, or, if that is not remembered, as long ago as it is; null if there was none
 * @param knownSince when {@code then} was made, if that is later than {@code unusedSince}; else null
 */
public record RuleUsage(
        Instant unusedSince,
        @Nullable Instant countedSince,
        boolean complete,
        Map<RuleName, Instant> lastHits,
        @Nullable TenantModel then,
        @Nullable Instant knownSince) {
    public RuleUsage {
        lastHits = Map.copyOf(lastHits);
    }

    /** Whether a rule without a known hit can be said to have had none. */
    boolean proves() {
        return complete && (countedSince == null || !countedSince.isAfter(unusedSince));
    }
}
