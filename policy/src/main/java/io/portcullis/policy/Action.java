package io.portcullis.policy;

/** What a rule does with a packet that matches it. */
public enum Action {
    /** Passes and, in a stateful policy, is tracked. */
    ALLOW,
    /** Vanishes without an answer. */
    DROP,
    /** Vanishes; the sender gets a TCP RST or an ICMP unreachable (RFC 1122, RFC 4443). */
    REJECT,
    /** Leaves this category: evaluation goes on at the first rule of the next one. */
    PASS
}
