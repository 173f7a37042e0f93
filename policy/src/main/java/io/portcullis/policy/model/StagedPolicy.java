package io.portcullis.policy.model;

import org.jspecify.annotations.Nullable;

/**
 * What is to become of the policy of this name, once it is published: a new one, another text of the one that there is, or its removal.
 * Nothing of it is enforced; vNICs that it concerns count what it would do.
 *
 * @param policy as it would be, under the same name; null if the policy of this name would be removed
 */
public record StagedPolicy(String name, @Nullable SecurityPolicy policy) {
    public StagedPolicy {
        if (policy != null && !policy.name().equals(name)) {
            throw new IllegalArgumentException("policy " + policy.name() + " staged as " + name);
        }
    }

    public static StagedPolicy of(SecurityPolicy policy) {
        return new StagedPolicy(policy.name(), policy);
    }

    /** The removal of that policy. */
    public static StagedPolicy removal(String name) {
        return new StagedPolicy(name, null);
    }
}
