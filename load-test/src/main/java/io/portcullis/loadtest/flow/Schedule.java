package io.portcullis.loadtest.flow;

/** When units are due: the n-th at start + n / rate, whatever became of those before it (open loop). One thread. */
final class Schedule {
    private final int perSecond;
    private long startNanos = -1;
    private long count;

    Schedule(int perSecond) {
        this.perSecond = perSecond;
    }

    /** From now on. */
    void start(long nanos) {
        startNanos = nanos;
        count = 0;
    }

    void stop() {
        startNanos = -1;
    }

    boolean isDue(long nanos) {
        return perSecond > 0 && startNanos >= 0 && dueNanos() <= nanos;
    }

    /** When the next unit is due. */
    long dueNanos() {
        return startNanos + count * 1_000_000_000L / perSecond;
    }

    /** Of the units before the next one. */
    long count() {
        return count;
    }

    /** The next unit was sent. */
    void advance() {
        count++;
    }
}
