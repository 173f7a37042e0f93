package io.portcullis.datapath.runtime;

/** A piece of work of the loop that takes several turns, with a time limit for each step. */
interface Procedure {
    /**
     * Goes as far as it can now.
     *
     * @return whether anything happened; the loop then takes another turn at once
     */
    boolean step(long nowNanos);

    /** Nanoseconds until {@link #step} has something to do without any input; Long.MAX_VALUE for never. */
    long waitNanos(long nowNanos);

    /** Whether a drain is awaited, whose end might not wake the loop. */
    boolean isDraining();

    /** The vNIC or the loop is closed under it: everything that waits for it fails. */
    void abandon();

    /** Ends its connection after an unexpected exception; the next step sees it broken. */
    void breakOff();
}
