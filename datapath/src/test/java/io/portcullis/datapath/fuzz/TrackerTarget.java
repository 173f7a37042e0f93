package io.portcullis.datapath.fuzz;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Packets of a few connections in both directions, with steps of time, to engines that must agree: one gets them in bursts and goes the
 * short way, one gets them one by one, and one takes over the connections of the latter at some step and goes on as if it had
 * always had them. Tables never hold more than they may, and what they export they import again with the same digest.
 */
public final class TrackerTarget {
    private static final int FLOWS = 8;
    private static final int MAX_CONNECTIONS = 16;
    private static final int FEW_CONNECTIONS = 2;
    private static final int MAX_STEPS = 300;
    private static final int LONGEST_BURST = 8;
    /** The last step is longer than every time-out. */
    private static final long[] STEPS_NANOS = {
        1_000_000, 0, 1_000_000_000L, 11_000_000_000L, 61_000_000_000L, 301_000_000_000L, 500_000_000_000_000L
    };

    private static final Arena ARENA = Arena.global();
    private static final Burst BURST = new Burst(ARENA);
    private static final Burst TO_VM = new Burst(ARENA);
    private static final Burst TO_NETWORK = new Burst(ARENA);
    private static final Verdict[] VERDICTS = new Verdict[Burst.MAX_FRAMES];
    private static final VnicIdentity IDENTITY =
            new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6));

    private final FuzzInput in;
    private final FuzzFlow[] flows = new FuzzFlow[FLOWS];
    private final int mostConnections;
    private final boolean isLoose;
    private final VnicEngine inBursts;
    private final VnicEngine oneByOne;
    /** Has nothing before the connections come. */
    private final VnicEngine successor;

    private boolean hasMoved;
    private long revision;
    private long nowNanos;
    private Direction direction = Direction.OUT;

    private TrackerTarget(byte[] input) {
        in = new FuzzInput(input);
        int mode = in.next();
        isLoose = (mode & 1) != 0;
        mostConnections = (mode & 2) == 0 ? MAX_CONNECTIONS : FEW_CONNECTIONS;
        nowNanos = (mode & 4) == 0 ? 0 : Long.MAX_VALUE - 1_000_000_000_000L;
        inBursts = engine();
        oneByOne = engine();
        successor = engine();
        for (VnicEngine engine : List.of(inBursts, oneByOne, successor)) {
            engine.setVerifiesChecksums((mode & 8) != 0);
        }
        for (int i = 0; i < FLOWS; i++) {
            flows[i] = new FuzzFlow(i);
        }
    }

    private VnicEngine engine() {
        return new VnicEngine(IDENTITY, ConnectionLimits.onlyConnections(mostConnections));
    }

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        TrackerTarget target = new TrackerTarget(input);
        try {
            target.run();
        } finally {
            target.inBursts.close();
            target.oneByOne.close();
            target.successor.close();
        }
    }

    private void run() {
        installRules();
        BURST.clear();
        for (int step = 0; step < MAX_STEPS && !in.isAtEnd(); step++) {
            int what = in.next();
            switch (what >> 5) {
                case 7 -> {
                    handOver();
                    nowNanos += in.pick(0, 1, 2, 3) == 3 ? in.next16() * 1_000_000L : STEPS_NANOS[what % 7];
                    expire();
                }
                case 6 -> {
                    handOver();
                    if ((what & 1) == 0) {
                        move();
                    } else {
                        installRules();
                    }
                }
                case 5 -> add(flows[what & 7].error((what & 8) == 0, in.next()), (what & 8) == 0);
                default -> add(flows[what & 7].next(in, (what & 8) == 0), (what & 8) == 0);
            }
        }
        handOver();
        move();
        compare();
    }

    private void installRules() {
        revision++;
        RuleTable table = new RuleTable("t" + revision, List.of(), Action.ALLOW, isLoose);
        inBursts.install(revision, table, nowNanos);
        oneByOne.install(revision, table, nowNanos);
        successor.install(revision, table, nowNanos);
    }

    private void add(byte[] frame, boolean isOut) {
        if (frame.length == 0) {
            return;
        }
        Direction of = isOut ? Direction.OUT : Direction.IN;
        if (of != direction || BURST.count() == LONGEST_BURST) {
            handOver();
            direction = of;
        }
        int at = BURST.nextOffset();
        BURST.memory()
                .asSlice((long) at - Burst.VNET_HEADER_BYTES, Burst.VNET_HEADER_BYTES)
                .fill((byte) 0);
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, BURST.memory(), at, frame.length);
        BURST.commit(frame.length);
    }

    private void handOver() {
        int count = BURST.count();
        Verdict[] inBurst = process(inBursts, 0, count);
        for (int i = 0; i < count; i++) {
            Verdict alone = process(oneByOne, i, i + 1)[i];
            require(alone == inBurst[i], "frame in a burst " + inBurst[i] + ", alone " + alone);
            if (hasMoved) {
                Verdict after = process(successor, i, i + 1)[i];
                require(after == alone, "after a move " + after + ", without " + alone);
            }
        }
        BURST.clear();
        require(oneByOne.connectionCount() <= mostConnections, "more connections than may be");
        require(oneByOne.connectionCount() == inBursts.connectionCount(), "counts differ");
    }

    private Verdict[] process(VnicEngine engine, int from, int to) {
        TO_VM.clear();
        TO_NETWORK.clear();
        engine.process(BURST, from, to, direction, nowNanos, VERDICTS, TO_VM, TO_NETWORK);
        return VERDICTS.clone();
    }

    private void expire() {
        inBursts.expire(nowNanos);
        oneByOne.expire(nowNanos);
        if (hasMoved) {
            successor.expire(nowNanos);
        }
        compare();
    }

    /** A full table makes room as it sees fit: then the successor need not agree. */
    private void move() {
        TableSnapshot snapshot = oneByOne.exportTable(nowNanos);
        require(snapshot.entries() <= oneByOne.connectionCount(), "exports more than there is");
        successor.importTable(snapshot, nowNanos);
        require(successor.exportTable(nowNanos).digest() == snapshot.digest(), "digest after an import");
        require(successor.connectionCount() == snapshot.entries(), "connections after an import");
        hasMoved = mostConnections == MAX_CONNECTIONS;
    }

    private void compare() {
        TableSnapshot own = oneByOne.exportTable(nowNanos);
        require(own.digest() == inBursts.exportTable(nowNanos).digest(), "digests differ");
        require(oneByOne.counters().equals(inBursts.counters()), "counters differ");
        require(oneByOne.connections(MAX_CONNECTIONS, nowNanos).size() == own.entries(), "lists another number");
        if (hasMoved) {
            require(own.digest() == successor.exportTable(nowNanos).digest(), "digest after a move");
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
