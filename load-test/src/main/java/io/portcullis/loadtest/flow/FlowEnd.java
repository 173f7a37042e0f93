package io.portcullis.loadtest.flow;

/** How far one end of a TCP connection is (RFC 9293, as far as two ends that both behave need it). */
enum FlowEnd {
    /** No SYN was sent or has come. */
    CLOSED,
    /** The client's SYN is under way. */
    SYN_SENT,
    /** The VM has answered it. */
    SYN_RECEIVED,
    OPEN,
    /** Its FIN is under way. */
    FIN_SENT,
    /** Both FINs have come. */
    DONE,
    /** An RST has come. */
    RESET
}
