package io.portcullis.datapath.runtime;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A thread on which a host encodes tables that leave and takes in those that come: beside its loop, whose frames do not wait for it.
 * Work is done in the order in which it is given. Thread-safe.
 */
final class StateWorker implements AutoCloseable {
    private static final long CLOSE_TIMEOUT_SECONDS = 10;

    private final ExecutorService thread;

    StateWorker(String name) {
        thread = Executors.newSingleThreadExecutor(
                work -> Thread.ofPlatform().daemon().name(name).unstarted(work));
    }

    /** What is given after the close is done at once, by the caller: it finds everything closed. */
    void execute(Runnable work) {
        try {
            thread.execute(work);
        } catch (RejectedExecutionException closed) {
            work.run();
        }
    }

    /** Waits for what was given before. */
    @Override
    public void close() {
        thread.shutdown();
        boolean interrupted = false;
        try {
            thread.awaitTermination(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException goOn) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
