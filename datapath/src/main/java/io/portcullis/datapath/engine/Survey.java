package io.portcullis.datapath.engine;

/**
 * A look at all connections of one vNIC, a few at a time so that frames do not wait for it. On the thread of the engine that began it,
 * and only until that is closed.
 */
public interface Survey {
    /**
     * Goes on.
     *
     * @param maxSlots how much to look at
     * @return whether it is over; then it must not be called any more
     */
    boolean step(int maxSlots, long nowNanos);
}
