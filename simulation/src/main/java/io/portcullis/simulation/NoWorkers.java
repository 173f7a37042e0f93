package io.portcullis.simulation;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives the JVM's common pool no threads: what follows an answer to a question is run there, as Scala has it, and a simulation is one thread, which does that work itself
 * ({@link #doTheirWork}). The pool is made once in a JVM, so {@link #install} comes before anything else uses it, or the JVM is started with the property.
 */
public final class NoWorkers implements ForkJoinPool.ForkJoinWorkerThreadFactory {
    private static final String PROPERTY = "java.util.concurrent.ForkJoinPool.common.threadFactory";

    /** As the JVM wants it. */
    public NoWorkers() {}

    static void install() {
        System.setProperty(PROPERTY, NoWorkers.class.getName());
        if (!(ForkJoinPool.commonPool().getFactory() instanceof NoWorkers)) {
            throw new IllegalStateException("the common pool of this JVM has threads already: start it with -D"
                    + PROPERTY + "=" + NoWorkers.class.getName());
        }
    }

    /** Runs what waits in the pool, on this thread. */
    static void doTheirWork() {
        ForkJoinPool pool = ForkJoinPool.commonPool();
        if (pool.hasQueuedSubmissions()) {
            pool.awaitQuiescence(1, TimeUnit.SECONDS);
        }
    }

    @Override
    @SuppressWarnings("NullAway") // null is what says that there is no thread
    public @Nullable ForkJoinWorkerThread newThread(ForkJoinPool pool) {
        return null;
    }
}
