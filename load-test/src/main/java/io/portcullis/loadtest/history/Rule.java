package io.portcullis.loadtest.history;

/** What a history must obey. */
public enum Rule {
    /** Of a vNIC's frames in one direction, each is decided by a host that had an epoch for it then, and epochs never fall. */
    ONE_EPOCH("one enforcing epoch at a time"),
    /** The frames of a flow pass in the order in which they were sent. */
    ORDER("order per flow"),
    /** No frame passes twice, or was never sent. */
    ONCE("no frame twice"),
    /** Each frame that the policy allows passes, unless its host was killed. */
    NOT_LOST("no frame lost"),
    /** A firewall that never moved decided the same about the same frame. */
    SAME_VERDICT("same verdict as a firewall that never moved"),
    /** Nothing passes that was sent after its ban was acknowledged, and what was cut stays cut. */
    REVOKED("nothing passes after an acknowledged revocation");

    private final String text;

    Rule(String text) {
        this.text = text;
    }

    /** For people. */
    public String text() {
        return text;
    }
}
