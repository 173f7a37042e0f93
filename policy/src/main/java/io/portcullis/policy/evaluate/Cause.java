package io.portcullis.policy.evaluate;

/** What decided about a packet. */
public enum Cause {
    /** A rule. */
    RULE,
    /** The tenant's default: no rule matched. */
    DEFAULT,
    /** The vNIC is on an exclusion, so that only the provider's rules hold for it, and none of these decided. */
    EXCLUDED,
    /**
     * ARP, neighbour discovery (RFC 4861) or listener discovery (RFC 3810): it passes unless a rule of category ETHERNET forbids it, and
     * other rules never see it.
     */
    NEIGHBOURHOOD,
    /** It belongs to no connection and opens none, and the rule that matches it is not stateless. */
    NO_CONNECTION,
    /** It is neither IP nor ARP, and no rule of category ETHERNET allows it. */
    NOT_IP
}
