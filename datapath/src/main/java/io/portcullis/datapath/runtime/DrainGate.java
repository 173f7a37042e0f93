package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.FramePort;

/** Shares a port's drain between many that wait for one: each waits for a drain that began after its own request. */
final class DrainGate {
    private final FramePort port;
    private long started;
    private long finished;
    private long requested;

    DrainGate(FramePort port) {
        this.port = port;
    }

    /** Asks for a drain; answers the ticket for {@link #isReached}. */
    long request() {
        if (isRunning()) {
            requested = started + 1;
            return requested;
        }
        start();
        return started;
    }

    boolean isReached(long ticket) {
        return finished >= ticket;
    }

    boolean isRunning() {
        return started != finished;
    }

    /** To be called after each reading of the port. */
    void poll() {
        if (isRunning() && port.isDrained()) {
            finished = started;
            if (requested > started) {
                start();
            }
        }
    }

    private void start() {
        started++;
        port.requestDrain();
    }
}
