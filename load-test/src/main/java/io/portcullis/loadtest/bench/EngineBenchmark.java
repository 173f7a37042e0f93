package io.portcullis.loadtest.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time of a frame in a burst of established connections, visited at random, under 10,000 rules; for JMH and its profilers. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EngineBenchmark {
    static final int BURST_FRAMES = 256;
    private static final int RULES = 10_000;
    private static final int FRAME_BYTES = 64;

    @Param({"2000", "100000", "1000000"})
    private int connections;

    @Param({"false", "true"})
    private boolean ipv6;

    @SuppressWarnings("NullAway.Init") // fill() sets it
    private TrackRun run;

    /** Opens all connections. */
    @Setup
    public void fill() {
        run = new TrackRun(connections, RULES, ipv6, FRAME_BYTES, BURST_FRAMES, false, TrackRun.Effort.USUAL);
        var _ = run.filled();
    }

    /** Makes frames that nobody has seen yet. */
    @Setup(Level.Invocation)
    public void makeFrames() {
        run.makeOne();
    }

    /** One burst. */
    @Benchmark
    @OperationsPerInvocation(BURST_FRAMES)
    public void established() {
        run.processOne();
    }
}
