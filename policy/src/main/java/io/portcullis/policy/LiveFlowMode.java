package io.portcullis.policy;

/** What becomes of an established connection when a new revision makes this rule match it with DROP or REJECT. */
public enum LiveFlowMode {
    /** The connection goes on; only new ones meet the rule. */
    KEEP,
    /** The next packet of the connection is judged again and the connection is cut. The default. */
    RECHECK,
    /** As RECHECK, and both ends of a TCP connection get a RST. */
    RESET
}
