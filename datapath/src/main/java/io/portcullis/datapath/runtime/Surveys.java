package io.portcullis.datapath.runtime;

import io.portcullis.datapath.engine.Survey;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The surveys of a loop's vNICs: one after the other, of each a small piece per turn, so that a large table costs frames no more than
 * {@link #SLOTS_PER_STEP} connections. On the loop's thread.
 */
final class Surveys implements Procedure {
    /** Connections that are looked at between two bursts. */
    static final int SLOTS_PER_STEP = 256;
    /** More than these are refused with {@link Reason#BUSY}. */
    static final int MAX_WAITING = 1_024;

    /** @param <R> what it answers when it is over */
    private record Running<R>(Vnic vnic, Survey survey, Supplier<R> report, CompletableFuture<R> result) {
        void end() {
            result.complete(report.get());
        }

        void fail(DataPathException why) {
            result.completeExceptionally(why);
        }
    }

    private final Loop loop;
    private final Queue<Running<?>> waiting = new ArrayDeque<>();

    Surveys(Loop loop) {
        this.loop = loop;
    }

    /** Makes the survey; what is found at once is answered at once. */
    <R> CompletableFuture<R> begin(Vnic vnic, Survey survey, Supplier<R> report) {
        if (isFull()) {
            throw busy();
        }
        Running<R> running = new Running<>(vnic, survey, report, new CompletableFuture<>());
        if (survey.step(SLOTS_PER_STEP, loop.now())) {
            running.end();
            return running.result();
        }
        if (waiting.isEmpty()) {
            loop.begin(this);
        }
        waiting.add(running);
        return running.result();
    }

    boolean isFull() {
        return waiting.size() >= MAX_WAITING;
    }

    DataPathException busy() {
        return new DataPathException(Reason.BUSY, MAX_WAITING + " looks at connections wait already; try again");
    }

    @Override
    public boolean step(long nowNanos) {
        Running<?> first = waiting.element();
        if (loop.vnic(first.vnic().id()) != first.vnic()) {
            next().fail(new DataPathException(
                    Reason.UNKNOWN_VNIC, first.vnic().id() + " is not attached here any more"));
        } else if (first.survey().step(SLOTS_PER_STEP, nowNanos)) {
            next().end();
        }
        return true;
    }

    /** Takes the first one out. */
    private Running<?> next() {
        Running<?> first = waiting.remove();
        if (waiting.isEmpty()) {
            loop.end(this);
        }
        return first;
    }

    @Override
    public long waitNanos(long nowNanos) {
        return 0;
    }

    @Override
    public boolean isDraining() {
        return false;
    }

    @Override
    public void abandon() {
        while (!waiting.isEmpty()) {
            next().fail(new DataPathException(Reason.CLOSED, "the data path is shut down"));
        }
    }

    @Override
    public void breakOff() {
        next().fail(new DataPathException(Reason.CLOSED, "looking at the connections failed; the log has the details"));
    }
}
