package io.portcullis.loadtest.bench;

import com.sun.management.ThreadMXBean;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.loadtest.bench.TrackBench.TrackResult;
import io.portcullis.policy.VnicId;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * One measurement of an engine; single-threaded. Only calls of the engine are timed, not the making of frames: {@value #AHEAD}
 * bursts are made, each frame anew, before the first of them is handed over, so that frames come from the second-level cache or
 * farther, as those of a network card do, and their making does not throw the engine out of the first-level caches each time.
 */
final class TrackRun {
    /** Connections that are used for whole lives, beside the others. */
    static final int LIVES = 65_536;

    private static final int SYN = PacketView.TCP_SYN;
    private static final int ACK = PacketView.TCP_ACK;
    private static final int FIN = PacketView.TCP_FIN;
    private static final int AT_ONCE = 4_096;
    /** Bursts that are ready before the clock starts. */
    private static final int AHEAD = 16;

    private static final long SECOND = 1_000_000_000L;
    /** Until a closed connection is forgotten; the clock goes so far while all LIVES are used once. */
    private static final long TIME_WAIT_NANOS = 121 * SECOND;

    private static final int WARM_UP_CONNECTIONS = 50_000;
    /** So few that each gets more packets than its line counts by itself. */
    private static final int BUSY_CONNECTIONS = 500;

    /**
     * How much to do.
     *
     * @param warmUpRounds of everything, on a small table
     * @param rounds whose median counts
     */
    record Effort(int warmUpRounds, int rounds, int packetsPerRound, int livesPerRound) {
        static final Effort USUAL = new Effort(10, 9, 2_000_000, 262_144);
    }

    private final Effort effort;
    private final int connections;
    private final int rules;
    private final boolean isIpv6;
    private final boolean verifiesChecksums;
    private final int burstFrames;
    private final TrackFrames frames;
    private final SplittableRandom random = new SplittableRandom(1);
    private final Histogram burstNanos = new Histogram(SECOND, 3);
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
    private final int[] batch = new int[AT_ONCE];
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Burst[] ready = new Burst[AHEAD];
    private final Direction[] directions = new Direction[AHEAD];
    /** Bursts of {@link #ready} that are complete. */
    private int filled;

    private final Burst replies;
    private VnicEngine engine;
    private long nowNanos = SECOND;
    private long timedNanos;
    private long wrongVerdicts;

    TrackRun(
            int connections,
            int rules,
            boolean isIpv6,
            int frameBytes,
            int burstFrames,
            boolean verifiesChecksums,
            Effort effort) {
        this.effort = effort;
        this.connections = connections;
        this.rules = rules;
        this.isIpv6 = isIpv6;
        this.verifiesChecksums = verifiesChecksums;
        this.burstFrames = burstFrames;
        frames = new TrackFrames(connections + LIVES, rules, isIpv6, frameBytes);
        for (int i = 0; i < AHEAD; i++) {
            ready[i] = new Burst(Arena.global());
        }
        replies = new Burst(Arena.global());
        engine = newEngine();
    }

    /** The engine with all its connections established, everything warm. */
    VnicEngine filled() {
        warmUp();
        setups();
        complete();
        established(effort.packetsPerRound / 10);
        CompilerPause.take();
        return engine;
    }

    /** Makes one burst of random established connections, to be handed over by {@link #processOne}. */
    void makeOne() {
        ready[0].clear();
        filled = 0;
        directions[0] = directions[0] == Direction.OUT ? Direction.IN : Direction.OUT;
        while (ready[0].count() < burstFrames && ready[0].hasRoom()) {
            frames.append(ready[0], random.nextInt(connections), directions[0], ACK, true);
        }
    }

    void processOne() {
        nowNanos += 10_000;
        engine.process(ready[0], 0, ready[0].count(), directions[0], nowNanos, verdicts, replies, replies);
    }

    /** What the clock of the frames shows. */
    long nowNanos() {
        return nowNanos;
    }

    /** Frames that were not allowed. */
    long wrongVerdicts() {
        return wrongVerdicts;
    }

    /** Visits established connections; nanoseconds that each burst takes. */
    Histogram burstsOf(int packets) {
        burstNanos.reset();
        established(packets);
        return burstNanos.copy();
    }

    TrackResult run() {
        warmUp();
        double setups = setups();
        complete();
        double bytes = bytesPerConnection();
        double[] rates = new double[effort.rounds];
        for (int i = 0; i < 10; i++) {
            established(effort.packetsPerRound / 10);
            CompilerPause.take();
        }
        long allocated = 0;
        burstNanos.reset();
        for (int round = 0; round < effort.rounds; round++) {
            long before = allocatedBytes();
            rates[round] = established(effort.packetsPerRound);
            allocated += allocatedBytes() - before;
            CompilerPause.take();
        }
        double p99 = burstNanos.getValueAtPercentile(99) / 1e3;
        double p9999 = burstNanos.getValueAtPercentile(99.99) / 1e3;
        double garbage = allocated / ((double) effort.rounds * effort.packetsPerRound);
        settle();
        double[] lives = new double[effort.rounds];
        for (int round = 0; round < effort.rounds; round++) {
            lives[round] = lives(effort.livesPerRound);
            CompilerPause.take();
        }
        engine.close();
        return new TrackResult(
                connections,
                median(rates),
                setups,
                median(lives),
                bytes,
                garbage,
                p99,
                p9999,
                wrongVerdicts,
                MemoryFloor.of(connections));
    }

    private VnicEngine newEngine() {
        VnicIdentity identity =
                new VnicIdentity(VnicId.parse("bench/vm/eth0"), TrackFrames.VM_MAC, List.of(frames.vmAddress()));
        VnicEngine made = new VnicEngine(identity, connections + WARM_UP_CONNECTIONS + LIVES);
        made.setVerifiesChecksums(verifiesChecksums);
        made.install(1, TrackPolicy.of(rules, isIpv6), nowNanos);
        return made;
    }

    /** Everything that is measured later, on a small table. */
    private void warmUp() {
        int few = Math.min(connections, WARM_UP_CONNECTIONS);
        for (int round = 0; round < effort.warmUpRounds; round++) {
            open(few);
            CompilerPause.take();
            answer(few);
            for (int i = 0; i < 4; i++) {
                visit(i % 2 == 0 ? few : Math.min(few, BUSY_CONNECTIONS), effort.packetsPerRound / 20);
                CompilerPause.take();
            }
            lives(AT_ONCE);
            CompilerPause.take();
            engine.close();
            engine = newEngine();
        }
        wrongVerdicts = 0;
    }

    private double setups() {
        int repeats = connections <= 2_000_000 ? 5 : 1;
        double[] rates = new double[repeats];
        for (int i = 0; i < repeats; i++) {
            engine.close();
            engine = newEngine();
            CompilerPause.take();
            timedNanos = 0;
            open(connections);
            rates[i] = connections * 1e9 / timedNanos;
        }
        return median(rates);
    }

    private void complete() {
        answer(connections);
        if (engine.connectionCount() != connections) {
            throw new IllegalStateException(engine.connectionCount() + " connections instead of " + connections);
        }
    }

    /** First packets of all connections below {@code count}; those of one direction, then of the other. */
    private void open(int count) {
        for (Direction direction : Direction.values()) {
            for (int i = 0; i < count; i++) {
                if (frames.opening(i) == direction) {
                    frames.begin(i);
                    add(i, direction, SYN, false);
                }
            }
            seal();
        }
        handOver();
    }

    /** The rest of all handshakes. */
    private void answer(int count) {
        for (Direction direction : Direction.values()) {
            for (int i = 0; i < count; i++) {
                if (frames.opening(i) != direction) {
                    add(i, direction, SYN | ACK, false);
                }
            }
            seal();
        }
        acknowledge(count);
    }

    /** Each opener sends an acknowledgement, then each other end. */
    private void acknowledge(int count) {
        for (int turn = 0; turn < 2; turn++) {
            for (Direction direction : Direction.values()) {
                for (int i = 0; i < count; i++) {
                    if ((frames.opening(i) == direction) == (turn == 0)) {
                        add(i, direction, ACK, false);
                    }
                }
                seal();
            }
        }
        handOver();
    }

    /** After the two rounds of a second each in which an engine notices that its table grows no more. */
    private double bytesPerConnection() {
        engine.expire(nowNanos);
        engine.expire(nowNanos);
        return (double) engine.connectionMemoryBytes() / engine.connectionCount();
    }

    private double established(int packets) {
        timedNanos = 0;
        visit(connections, packets);
        return packets * 1e9 / timedNanos;
    }

    private void visit(int count, int packets) {
        for (int sent = 0; sent < packets; ) {
            Direction direction = (sent / burstFrames & 1) == 0 ? Direction.OUT : Direction.IN;
            int now = Math.min(burstFrames, packets - sent);
            for (int i = 0; i < now; i++) {
                add(random.nextInt(count), direction, ACK, true);
            }
            seal();
            sent += now;
        }
        handOver();
    }

    /** Nothing is left unacknowledged, so that time may pass. */
    private void settle() {
        acknowledge(connections);
    }

    /** Whole lives of {@value #AT_ONCE} connections at a time: 8 frames each. */
    private double lives(int count) {
        timedNanos = 0;
        for (int done = 0; done < count; done += AT_ONCE) {
            for (int i = 0; i < AT_ONCE; i++) {
                batch[i] = connections + (done + i) % LIVES;
                frames.begin(batch[i]);
            }
            step(true, SYN, false);
            step(false, SYN | ACK, false);
            step(true, ACK, false);
            step(true, ACK, true);
            step(false, ACK, true);
            step(true, FIN | ACK, false);
            step(false, FIN | ACK, false);
            step(true, ACK, false);
            handOver();
            nowNanos += TIME_WAIT_NANOS / (LIVES / AT_ONCE);
            long start = System.nanoTime();
            engine.expire(nowNanos);
            timedNanos += System.nanoTime() - start;
        }
        return count * 1e9 / timedNanos;
    }

    private void step(boolean isOpener, int flags, boolean hasPayload) {
        for (Direction direction : Direction.values()) {
            for (int connection : batch) {
                if ((frames.opening(connection) == direction) == isOpener) {
                    add(connection, direction, flags, hasPayload);
                }
            }
            seal();
        }
    }

    private void add(int connection, Direction direction, int flags, boolean hasPayload) {
        Burst burst = ready[filled];
        directions[filled] = direction;
        frames.append(burst, connection, direction, flags, hasPayload);
        if (verifiesChecksums) {
            frames.completeChecksum(burst);
        }
        if (burst.count() == burstFrames || !burst.hasRoom()) {
            seal();
        }
    }

    /** What comes next belongs to another burst. */
    private void seal() {
        if (!ready[filled].isEmpty() && ++filled == AHEAD) {
            handOver();
        }
    }

    /** Hands over all complete bursts, in order. */
    private void handOver() {
        for (int i = 0; i < filled; i++) {
            process(ready[i], directions[i]);
            ready[i].clear();
        }
        filled = 0;
    }

    private void process(Burst burst, Direction direction) {
        int count = burst.count();
        nowNanos += 10_000;
        long start = System.nanoTime();
        engine.process(burst, 0, count, direction, nowNanos, verdicts, replies, replies);
        long nanos = System.nanoTime() - start;
        timedNanos += nanos;
        burstNanos.recordValue(Math.min(nanos, SECOND));
        for (int i = 0; i < count; i++) {
            wrongVerdicts += verdicts[i] == Verdict.ALLOW ? 0 : 1;
        }
        replies.clear();
    }

    private long allocatedBytes() {
        return threads.getCurrentThreadAllocatedBytes();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
