package io.portcullis.policy;

/** Whether a TCP connection may be picked up in mid-stream: whether its first packet that is seen may be one without SYN. */
public enum TcpPickup {
    /** As the tenant tracks. */
    INHERIT,
    /** Never: a connection begins with a SYN. */
    STRICT,
    /** From a segment with ACK. */
    LOOSE
}
