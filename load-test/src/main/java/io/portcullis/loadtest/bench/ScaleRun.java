package io.portcullis.loadtest.bench;

import com.sun.management.OperatingSystemMXBean;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.TenantCompiler;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.HdrHistogram.Histogram;

/** One measurement of what the compiler does with a large tenant: all of it at once, and one change. */
final class ScaleRun {
    private static final int SETTLE_ROUNDS = 3;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    /**
     * How much is measured.
     *
     * @param warmups full compiles before those that are measured, of which the median counts
     * @param changes of each kind, after as many unmeasured ones
     */
    record Effort(int warmups, int compiles, int changes) {
        static final Effort USUAL = new Effort(5, 5, 2_000);
    }

    /**
     * Milliseconds of one kind of change.
     *
     * @param cpuP99 of the processor, which other work on the machine makes no larger
     * @param vnics that had another table after it, on average
     */
    record Change(double p50, double p99, double mean, double cpuP99, double vnics) {}

    /**
     * Milliseconds of a whole compile.
     *
     * @param cpu of the processor in all threads, garbage collection among them
     */
    private record Compile(double wall, double cpu) {}

    /** What a run measured. */
    record ScaleResult(
            int segments,
            int vms,
            int policies,
            int rules,
            int tables,
            double compileMillis,
            double compileCpuMillis,
            Change tag,
            Change rule,
            long heapBytes,
            long wrongTables)
            implements BenchResult {
        @Override
        public String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"segments\":%d,\"vms\":%d,\"policies\":%d,\"rules\":%d,\"tables\":%d,\"compileMillis\":%.1f,"
                            + "\"compileCpuMillis\":%.1f,"
                            + "\"tagChangeMillis\":%.3f,\"tagChangeMillisP50\":%.3f,\"tagChangeMillisP99\":%.3f,"
                            + "\"tagChangeCpuMillisP99\":%.3f,\"changedVnics\":%.1f,"
                            + "\"ruleChangeMillis\":%.3f,\"ruleChangeMillisP50\":%.3f,\"ruleChangeMillisP99\":%.3f,"
                            + "\"ruleChangedVnics\":%.1f,\"heapBytes\":%d,\"wrongTables\":%d}",
                    segments,
                    vms,
                    policies,
                    rules,
                    tables,
                    compileMillis,
                    compileCpuMillis,
                    tag.mean,
                    tag.p50,
                    tag.p99,
                    tag.cpuP99,
                    tag.vnics,
                    rule.mean,
                    rule.p50,
                    rule.p99,
                    rule.vnics,
                    heapBytes,
                    wrongTables);
        }

        @Override
        public String table() {
            return String.format(
                    Locale.ROOT,
                    "%,d namespaces, %,d VMs, %,d policies, %,d rules: %,d different tables, %d wrong ones%ncompile   "
                        + "   %,12.1f ms for all, %.1f ms of the processor%ntag change   %,12.3f ms mean, %.3f ms p50,"
                        + " %.3f ms p99 (%.3f ms of the processor); %.1f vNICs get another table%nrule change  %,12.3f"
                        + " ms mean, %.3f ms p50, %.3f ms p99; %.1f vNICs%nmemory       %,12d bytes of heap: the"
                        + " model, the compiler and all tables",
                    segments,
                    vms,
                    policies,
                    rules,
                    tables,
                    wrongTables,
                    compileMillis,
                    compileCpuMillis,
                    tag.mean,
                    tag.p50,
                    tag.p99,
                    tag.cpuP99,
                    tag.vnics,
                    rule.mean,
                    rule.p50,
                    rule.p99,
                    rule.vnics,
                    heapBytes);
        }
    }

    private final int segments;
    private final int vms;
    private final int policies;
    private final Effort effort;
    private final ScaleModel shape;
    private final Random random = new Random(1);

    private TenantModel model;
    private TenantCompiler compiler = new PolicyCompiler().incremental();

    ScaleRun(int segments, int vms, int policies, int rules, Effort effort) {
        this.segments = segments;
        this.vms = vms;
        this.policies = policies;
        this.effort = effort;
        shape = new ScaleModel(segments, vms, policies, rules);
        model = shape.build();
    }

    ScaleResult run() {
        Compile compile = compile();
        Set<RuleTable> tables = Collections.newSetFromMap(new IdentityHashMap<>());
        tables.addAll(compiler.tables().values());
        int differentTables = tables.size();
        tables.clear();
        int[] moves = new int[vms];
        Change tag = changes(() -> {
            int vm = random.nextInt(vms);
            return new ModelEdit.SetTags("vm-" + vm, new TreeSet<>(shape.tagsOfNext(vm, ++moves[vm])));
        });
        Change rule = changes(() -> new ModelEdit.PutPolicy(ScaleModel.withOtherAction(
                Objects.requireNonNull(model.policies().get("policy-" + random.nextInt(policies))))));
        long heapBytes = settledHeap();
        int compiledRules = model.policies().values().stream()
                .mapToInt(policy -> policy.rules().size())
                .sum();
        return new ScaleResult(
                segments,
                vms,
                policies,
                compiledRules,
                differentTables,
                compile.wall,
                compile.cpu,
                tag,
                rule,
                heapBytes,
                wrongTables());
    }

    /** Of whole compiles by a compiler that knows nothing yet; the last one stays. */
    private Compile compile() {
        double[] millis = new double[effort.compiles];
        double[] cpuMillis = new double[effort.compiles];
        for (int round = -effort.warmups; round < effort.compiles; round++) {
            compiler = new PolicyCompiler().incremental();
            System.gc();
            long cpuStart = PROCESS.getProcessCpuTime();
            long start = System.nanoTime();
            compiler.update(model);
            long nanos = System.nanoTime() - start;
            if (round >= 0) {
                millis[round] = nanos / 1e6;
                cpuMillis[round] = (PROCESS.getProcessCpuTime() - cpuStart) / 1e6;
            }
        }
        Arrays.sort(millis);
        Arrays.sort(cpuMillis);
        return new Compile(millis[millis.length / 2], cpuMillis[millis.length / 2]);
    }

    private interface Edit {
        ModelEdit next();
    }

    /** Edit of the model with its checks, and compile. */
    private Change changes(Edit edit) {
        Histogram nanos = new Histogram(3);
        Histogram cpuNanos = new Histogram(3);
        long vnics = 0;
        for (int change = -effort.changes; change < effort.changes; change++) {
            ModelEdit next = edit.next();
            long cpuStart = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            if (!(model.apply(next) instanceof EditResult.Accepted accepted)) {
                throw new IllegalStateException("refused: " + next);
            }
            int changed = compiler.update(accepted.model()).size();
            long taken = System.nanoTime() - start;
            model = accepted.model();
            if (change >= 0) {
                nanos.recordValue(taken);
                cpuNanos.recordValue(THREADS.getCurrentThreadCpuTime() - cpuStart);
                vnics += changed;
            }
        }
        return new Change(
                nanos.getValueAtPercentile(50) / 1e6,
                nanos.getValueAtPercentile(99) / 1e6,
                nanos.getMean() / 1e6,
                cpuNanos.getValueAtPercentile(99) / 1e6,
                (double) vnics / effort.changes);
    }

    private static long settledHeap() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int round = 0; round < SETTLE_ROUNDS; round++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }

    /** vNICs whose tables a compiler that begins with the last model makes differently. */
    private long wrongTables() {
        TenantCompiler fresh = new PolicyCompiler().incremental();
        fresh.update(model);
        return fresh.tables().entrySet().stream()
                .filter(entry -> {
                    RuleTable table = compiler.table(entry.getKey());
                    return table == null
                            || !table.hash().equals(entry.getValue().hash());
                })
                .count();
    }
}
