package io.portcullis.loadtest.bench;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.classify.CompiledRulesCache;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.loadtest.bench.PolicyBench.PolicyResult;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** One measurement of what a change of policy costs; single-threaded. */
final class PolicyRun {
    /** Rules on one group, beside those that the traffic meets. */
    private static final int GROUP_RULES = 100;

    private static final int MEMBERS = 1_000;
    private static final int FIRST_MEMBER = 0x0c00_0000;
    private static final int COMPILES = 5;
    private static final int MEMBER_CHANGES = 301;
    private static final int FRAME_BYTES = 64;
    private static final int BURST_FRAMES = 64;

    private final int vnics;
    private final int connections;
    private final int changes;
    private final int packetsPerChange;
    private final TrackRun.Effort effort;
    private final RuleTable traffic;
    private final int rules;
    private int tables;

    /**
     * Prepares a run.
     *
     * @param vnics that share one table
     * @param changes of the policy of one vNIC with that many connections
     */
    PolicyRun(int vnics, int rules, int connections, int changes, int packetsPerChange, TrackRun.Effort effort) {
        this.vnics = vnics;
        this.rules = rules;
        this.connections = connections;
        this.changes = changes;
        this.packetsPerChange = packetsPerChange;
        this.effort = effort;
        traffic = TrackPolicy.of(rules, false);
    }

    PolicyResult run() {
        CompiledRulesCache cache = new CompiledRulesCache();
        double compileMillis = median(COMPILES, _ -> CompiledRules.of(table(0))) / 1e6;
        CompiledRules compiled = cache.of(table(0));
        double bytesPerVnic = bytesPerVnic(compiled);
        CompiledRules[] latest = {compiled};
        List<RuleTable> grown =
                IntStream.range(0, MEMBER_CHANGES).mapToObj(i -> table(~i & 1)).toList();
        double memberMicros = median(MEMBER_CHANGES, i -> latest[0] = cache.of(grown.get(i))) / 1e3;

        TrackRun run = new TrackRun(connections, rules, false, FRAME_BYTES, BURST_FRAMES, false, effort);
        VnicEngine engine = run.filled();
        long revision = 2;
        engine.install(revision, compiled, run.nowNanos());
        Histogram steady = run.burstsOf(changes * packetsPerChange);
        // one that is compiled as a whole, and one that shares the other's index
        CompiledRules[] alternatives = {CompiledRules.of(table(0)), latest[0]};
        Histogram installs = new Histogram(3);
        Histogram changing = new Histogram(3);
        long recheckedBefore = rechecked(engine);
        for (int i = 0; i < changes; i++) {
            long start = System.nanoTime();
            engine.install(++revision, alternatives[i & 1], run.nowNanos());
            installs.recordValue(System.nanoTime() - start);
            changing.add(run.burstsOf(packetsPerChange));
        }
        long rechecked = rechecked(engine) - recheckedBefore;
        long wrong = run.wrongVerdicts();
        engine.close();
        return new PolicyResult(
                vnics,
                compiled.table().rules().size(),
                connections,
                compiled.bytes(),
                bytesPerVnic,
                compileMillis,
                memberMicros,
                changes,
                rechecked,
                installs.getValueAtPercentile(50) / 1e3,
                installs.getMaxValue() / 1e3,
                steady.getValueAtPercentile(99) / 1e3,
                steady.getMaxValue() / 1e3,
                changing.getValueAtPercentile(99) / 1e3,
                changing.getMaxValue() / 1e3,
                wrong);
    }

    /** The traffic's rules and the group's, with one member more or not, as if it had come from the compiler just now. */
    private RuleTable table(int more) {
        List<IpRange> members = new ArrayList<>();
        for (int i = 0; i < MEMBERS + more; i++) {
            members.add(IpRange.ipv4(FIRST_MEMBER + i, FIRST_MEMBER + i));
        }
        return TrackPolicy.withGroup(traffic, GROUP_RULES, members, "bench-" + tables++);
    }

    /** Heap and native memory of engines that have the same table in force, and no connections. */
    private double bytesPerVnic(CompiledRules compiled) {
        VnicEngine[] engines = new VnicEngine[vnics];
        long before = settledHeap();
        long nativeBytes = 0;
        for (int i = 0; i < vnics; i++) {
            VnicIdentity identity =
                    new VnicIdentity(VnicId.parse("bench/vm-" + i + "/eth0"), TrackFrames.VM_MAC, List.of());
            engines[i] = new VnicEngine(identity, 1_000_000);
            engines[i].install(1, compiled, 0);
            nativeBytes += engines[i].connectionMemoryBytes();
        }
        long heap = settledHeap() - before;
        for (VnicEngine engine : engines) {
            engine.close();
        }
        return (double) (heap + nativeBytes) / vnics;
    }

    private static long settledHeap() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < COMPILES; i++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }

    /** Nanoseconds. */
    private static double median(int times, IntConsumer work) {
        double[] nanos = new double[times];
        for (int i = 0; i < times; i++) {
            long start = System.nanoTime();
            work.accept(i);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return nanos[times / 2];
    }

    private static long rechecked(VnicEngine engine) {
        return engine.counters().getOrDefault("connections.rechecked", 0L);
    }
}
