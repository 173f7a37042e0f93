package io.portcullis.policy.evaluate;

/** What must hold for a rule to match a packet at a vNIC, in the order in which it is said. */
public enum Condition {
    /** The vNIC is on no exclusion, or the rule is the provider's. */
    NOT_EXCLUDED,
    /** The policy is enabled. */
    ENABLED,
    /** The time is within the policy's schedule. */
    SCHEDULE,
    /** The rule has not expired. */
    EXPIRY,
    /** The vNIC is in one of the groups that the policy is applied to. */
    POLICY_APPLIED_TO,
    /** The vNIC is in one of the groups that the rule is applied to. */
    RULE_APPLIED_TO,
    /** The packet goes in the rule's direction, as seen from the VM. */
    DIRECTION,
    /** The packet is of the rule's IP version. */
    FAMILY,
    /** The frame has an ethertype and MAC addresses of the rule; of category ETHERNET only. */
    ETHERNET,
    /** The sender is among the rule's sources. */
    SOURCES,
    /** The receiver is among the rule's destinations. */
    DESTINATIONS,
    /** The packet is of one of the rule's services. */
    SERVICES
}
