package io.portcullis.policy.analyze;

/** A rule of a policy; written {@code policy/rule}, and {@code provider/policy/rule} where a tenant has it of the provider. */
public record RuleName(String policy, String rule) {
    @Override
    public String toString() {
        return policy + "/" + rule;
    }
}
