package io.portcullis.datapath.port;

/** Waits until one of its ports may have frames. One loop owns it; {@link #wakeUp()} may be called by any thread. */
public interface Poller extends AutoCloseable {
    void add(FramePort port);

    void remove(FramePort port);

    /** Excludes a port from waiting (its frames stay queued) or includes it again. */
    void setInterest(FramePort port, boolean interested);

    /** Returns when a port is readable, {@link #wakeUp()} was called, or the time has passed. */
    void await(long timeoutNanos);

    void wakeUp();

    @Override
    void close();
}
