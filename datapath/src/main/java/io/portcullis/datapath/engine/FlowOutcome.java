package io.portcullis.datapath.engine;

/** What becomes of a live connection that new rules do not allow any more. */
public enum FlowOutcome {
    /** Its next packet is dropped, and the connection is over. */
    CUT,
    /** Likewise, and both ends get a TCP reset. */
    RESET,
    /** It goes on, as the rule's live-flow mode KEEP wants. */
    KEPT,
    /** A stateless rule allows what its opener sends, packet by packet, and none allows the answers. */
    ONE_WAY
}
