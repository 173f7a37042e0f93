package io.portcullis.simulation;

import com.typesafe.config.Config;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/** Has a dispatcher of Pekko run on a {@link SimLoop}. Made by Pekko. */
public final class SimExecutor extends ExecutorServiceConfigurator {
    private final SimLoop loop;

    /** As Pekko wants it. */
    public SimExecutor(Config dispatcher, DispatcherPrerequisites prerequisites) {
        super(dispatcher, prerequisites);
        loop = SimLoop.of(prerequisites.settings().config());
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
        return () -> new AbstractExecutorService() {
            private volatile boolean isShutDown;

            @Override
            public void execute(Runnable work) {
                loop.execute(work);
            }

            @Override
            public void shutdown() {
                isShutDown = true;
            }

            @Override
            public List<Runnable> shutdownNow() {
                isShutDown = true;
                return List.of();
            }

            @Override
            public boolean isShutdown() {
                return isShutDown;
            }

            @Override
            public boolean isTerminated() {
                return isShutDown;
            }

            @Override
            public boolean awaitTermination(long timeout, TimeUnit unit) {
                return isShutDown;
            }
        };
    }
}
