package io.portcullis.simulation;

import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/** Pekko's scheduler on the clock of a {@link SimLoop}. What is repeated is nobody's doing ({@link SimLoop#BACKGROUND}). Made by Pekko. */
public final class SimScheduler extends AbstractScheduler {
    private static final double MAX_FREQUENCY = 1_000_000;

    private final SimLoop loop;

    /** As Pekko wants it. */
    public SimScheduler(Config settings, LoggingAdapter log, ThreadFactory threads) {
        loop = SimLoop.of(settings);
    }

    @Override
    public Cancellable scheduleOnce(FiniteDuration delay, Runnable work, ExecutionContext executor) {
        SimLoop.Timer timer = loop.after(delay.toNanos(), loop.cause(), () -> executor.execute(work));
        return new Cancellable() {
            @Override
            public boolean cancel() {
                return timer.cancel();
            }

            @Override
            public boolean isCancelled() {
                return timer.isOver();
            }
        };
    }

    @Override
    @SuppressWarnings("deprecation") // Pekko has it made all the same
    public Cancellable schedule(
            FiniteDuration first, FiniteDuration interval, Runnable work, ExecutionContext executor) {
        return scheduleWithFixedDelay(first, interval, work, executor);
    }

    @Override
    public Cancellable scheduleWithFixedDelay(
            FiniteDuration first, FiniteDuration interval, Runnable work, ExecutionContext executor) {
        return new Repetition(interval.toNanos(), work, executor).in(first.toNanos());
    }

    private final class Repetition implements Cancellable {
        private final long intervalNanos;
        private final Runnable work;
        private final ExecutionContext executor;
        private boolean isCancelled;

        Repetition(long intervalNanos, Runnable work, ExecutionContext executor) {
            this.intervalNanos = intervalNanos;
            this.work = work;
            this.executor = executor;
        }

        Repetition in(long nanos) {
            loop.after(nanos, SimLoop.BACKGROUND, this::run);
            return this;
        }

        private void run() {
            if (!isCancelled) {
                executor.execute(work);
                in(intervalNanos);
            }
        }

        @Override
        public boolean cancel() {
            boolean wasRunning = !isCancelled;
            isCancelled = true;
            return wasRunning;
        }

        @Override
        public boolean isCancelled() {
            return isCancelled;
        }
    }

    @Override
    public double maxFrequency() {
        return MAX_FREQUENCY;
    }
}
