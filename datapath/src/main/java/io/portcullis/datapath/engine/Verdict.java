package io.portcullis.datapath.engine;

/** What becomes of one frame. */
public enum Verdict {
    /** Goes on to where it was going. */
    ALLOW,
    /** Vanishes. */
    DROP,
    /** The engine has a copy, which goes on among its replies once it can be judged, or vanishes: see {@link VirtualReassembly}. */
    HOLD,
    /** Vanishes, and its sender got an answer unless the RFCs or the reply budget forbid one. */
    REJECT;

    public boolean passes() {
        return this == ALLOW;
    }
}
