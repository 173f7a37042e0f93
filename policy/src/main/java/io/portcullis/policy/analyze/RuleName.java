package io.portcullis.policy.analyze;

/** A rule of a policy; written {@code policy/rule}. */
public record RuleName(String policy, String rule) {
    @Override
    public String toString() {
        return policy + "/" + rule;
    }
}
