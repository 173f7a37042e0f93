package io.portcullis.datapath.port;

import java.util.function.Consumer;

/** Waits until one of its ports may have frames. One loop owns it; {@link #wakeUp()} may be called by any thread. */
public interface Poller extends AutoCloseable {
    void add(FramePort port);

    void remove(FramePort port);

    /** Excludes a port from waiting (its frames stay queued) or includes it again. */
    void setInterest(FramePort port, boolean interested);

    /**
     * Returns when a port is readable, {@link #wakeUp()} was called, or the time has passed.
     *
     * @param ready gets each port that may have frames and is not excluded; told again by the next call if they are not taken
     */
    void await(long timeoutNanos, Consumer<? super FramePort> ready);

    /** As {@link #await(long, Consumer)}, for one who reads all ports anyway. */
    default void await(long timeoutNanos) {
        await(timeoutNanos, _ -> {});
    }

    void wakeUp();

    @Override
    void close();
}
