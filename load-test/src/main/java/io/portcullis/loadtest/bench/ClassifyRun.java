package io.portcullis.loadtest.bench;

import io.portcullis.datapath.classify.FlowMatch;
import io.portcullis.datapath.classify.RuleIndex;
import io.portcullis.loadtest.bench.ClassBenchFiles.Headers;
import io.portcullis.loadtest.bench.ClassifyBench.ClassifyResult;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One measurement of a rule set with a trace; single-threaded. */
final class ClassifyRun {
    private static final int LINEAR_HEADERS = 2_000;
    private static final int WARM_UP_ROUNDS = 20;
    private static final int ROUNDS = 15;
    private static final int LOOKUPS_PER_ROUND = 1_000_000;
    private static final int BUILDS = 5;
    private static final int UPDATES = 20_000;
    /** The first ones meet the interpreter, and a stalled machine may spoil any of them. */
    private static final int UPDATE_ROUNDS = 7;

    private static final int LOOKUPS_PER_UPDATE = 16;
    /** Compilers of a JVM that is alone on one core get their turn only when the measuring thread sleeps. */
    private static final int COMPILER_PAUSE_MILLIS = 20;

    private static final long SEED = 1;

    private final List<FlowMatch> rules;
    private final Headers headers;
    private final int @Nullable [] truth;
    /** Keeps results alive: a volatile field is written, whoever reads it. */
    @SuppressWarnings("UnusedVariable")
    private volatile long sum;

    ClassifyRun(List<FlowMatch> rules, Headers headers, int @Nullable [] truth) {
        this.rules = rules;
        this.headers = headers;
        this.truth = truth;
    }

    ClassifyResult run() throws InterruptedException {
        double[] buildNanos = new double[BUILDS];
        RuleIndex index = RuleIndex.of(rules);
        for (int i = 0; i < BUILDS; i++) {
            Thread.sleep(COMPILER_PAUSE_MILLIS);
            long start = System.nanoTime();
            index = RuleIndex.of(rules);
            buildNanos[i] = System.nanoTime() - start;
        }
        int mismatches = mismatches(index);
        double lookup = lookupNanos(index);
        long bytes = index.bytes();
        double linear = linearNanos();
        double update = updateNanos(index);
        // the updates must leave the same rules
        mismatches += mismatches(index);
        return new ClassifyResult(
                rules.size(), headers.count(), mismatches, lookup, linear, median(buildNanos) / 1e6, update, bytes);
    }

    private int mismatches(RuleIndex index) {
        int mismatches = 0;
        int count = truth == null ? Math.min(headers.count(), LINEAR_HEADERS) : headers.count();
        for (int i = 0; i < count; i++) {
            int found = index.find(headers.addresses[i], headers.transport[i]);
            int expected = truth == null ? linear(i) : truth[i];
            mismatches += (found == RuleIndex.NONE ? -1 : found) == expected ? 0 : 1;
        }
        return mismatches;
    }

    private double lookupNanos(RuleIndex index) throws InterruptedException {
        int passes = Math.max(1, LOOKUPS_PER_ROUND / headers.count());
        for (int round = 0; round < WARM_UP_ROUNDS; round++) {
            sum = pass(index, Math.max(1, passes / 4));
            Thread.sleep(COMPILER_PAUSE_MILLIS);
        }
        double[] nanos = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            sum = pass(index, passes);
            nanos[round] = (double) (System.nanoTime() - start) / passes / headers.count();
        }
        return median(nanos);
    }

    private long pass(RuleIndex index, int passes) {
        long[] addresses = headers.addresses;
        long[] transport = headers.transport;
        long priorities = 0;
        for (int pass = 0; pass < passes; pass++) {
            for (int i = 0; i < addresses.length; i++) {
                priorities += index.find(addresses[i], transport[i]);
            }
        }
        return priorities;
    }

    private double linearNanos() throws InterruptedException {
        int count = Math.min(headers.count(), LINEAR_HEADERS);
        double best = Double.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            Thread.sleep(COMPILER_PAUSE_MILLIS);
            long start = System.nanoTime();
            long answers = 0;
            for (int i = 0; i < count; i++) {
                answers += linear(i);
            }
            sum = answers;
            best = Math.min(best, (double) (System.nanoTime() - start) / count);
        }
        return best;
    }

    private int linear(int header) {
        long addresses = headers.addresses[header];
        long transport = headers.transport[header];
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).matches(addresses, transport)) {
                return i;
            }
        }
        return -1;
    }

    private double updateNanos(RuleIndex index) throws InterruptedException {
        SplittableRandom random = new SplittableRandom(SEED);
        double[] nanos = new double[UPDATE_ROUNDS];
        for (int round = 0; round < UPDATE_ROUNDS; round++) {
            Thread.sleep(COMPILER_PAUSE_MILLIS);
            long spent = 0;
            for (int i = 0; i < UPDATES / 2; i++) {
                FlowMatch rule = rules.get(random.nextInt(rules.size()));
                lookUpSome(index, random);
                long start = System.nanoTime();
                index.delete(rule);
                spent += System.nanoTime() - start;
                lookUpSome(index, random);
                start = System.nanoTime();
                index.insert(rule);
                spent += System.nanoTime() - start;
            }
            nanos[round] = (double) spent / UPDATES;
        }
        return median(nanos);
    }

    private void lookUpSome(RuleIndex index, SplittableRandom random) {
        int first = random.nextInt(headers.count());
        long answers = 0;
        for (int i = 0; i < LOOKUPS_PER_UPDATE; i++) {
            int header = (first + i) % headers.count();
            answers += index.find(headers.addresses[header], headers.transport[header]);
        }
        sum = answers;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
