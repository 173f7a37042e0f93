package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * What is to become of the policy of this name once it is published; until then it is evaluated, never enforced. One of the two.
 *
 * @param policy as it would be: a new one, or another text of the one that there is
 * @param removal true if the policy would be removed
 */
public record StagedPolicySpec(
        @Nullable PolicySpec policy, @Nullable Boolean removal) {
    /** The removal of a policy. */
    public static StagedPolicySpec ofRemoval() {
        return new StagedPolicySpec(null, true);
    }
}
