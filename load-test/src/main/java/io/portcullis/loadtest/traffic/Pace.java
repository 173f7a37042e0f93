package io.portcullis.loadtest.traffic;

import java.util.concurrent.locks.LockSupport;

/** Open-loop schedule: the n-th unit is due at start + n × interval, whatever the ones before it took. One thread. */
final class Pace {
    private final long startNanos = System.nanoTime();
    private final long intervalNanos;
    private long number;

    Pace(int perSecond) {
        intervalNanos = 1_000_000_000L / perSecond;
    }

    /** Returns when the next unit is due, at once if it is late; says when it was due ({@link System#nanoTime}). */
    long awaitNext() {
        long dueNanos = startNanos + number++ * intervalNanos;
        for (long left = dueNanos - System.nanoTime(); left > 0; left = dueNanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return dueNanos;
    }
}
