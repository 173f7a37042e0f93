package io.portcullis.loadtest.bench;

import io.portcullis.loadtest.bench.AnalyzeTenant.Planted;
import io.portcullis.loadtest.bench.AnalyzeTenant.Shape;
import io.portcullis.policy.analyze.Analysis;
import io.portcullis.policy.analyze.FindingKind;
import io.portcullis.policy.analyze.PolicyAnalyzer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis bench analyze}. */
@Command(
        name = "analyze",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the analysis of a tenant's policy: shadowed, redundant, conflicting rules and so on.",
            "Of ten policies, one has a rule that never decides: all of those must be found.",
            ""
        },
        footer = {
            "",
            "analyzeMillis   one analysis from the model, in a JVM that has done some already (median)",
            "cpuMillis       its thread's processor time (median)",
            "firstMillis     the first of this JVM",
            "unfinished      rules for which a limit of the analysis ended the search",
            "",
            "  portcullis bench analyze --rules 100000 --shape groups --json",
        })
final class AnalyzeBench implements Callable<Integer> {
    private static final int MAX_RULES = 200_000;

    @Option(names = "--rules", paramLabel = "N", defaultValue = "100000", description = "Default: ${DEFAULT-VALUE}.")
    private int rules;

    @Option(
            names = "--shape",
            paramLabel = "SHAPE",
            defaultValue = "applications",
            description = "applications (a policy each, applied to its own VMs), groups (the same, applied to all) or"
                    + " prefixes (addresses, as in lists for a router). Default: ${DEFAULT-VALUE}.")
    private String shape = "";

    @Option(names = "--repeat", paramLabel = "N", defaultValue = "5", description = "Default: ${DEFAULT-VALUE}.")
    private int repeat;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Override
    public Integer call() {
        output.check("--rules", rules, 1, MAX_RULES);
        output.check("--repeat", repeat, 1, 1_000);
        AnalyzeResult result = measure(shape(), rules, seed, repeat);
        output.print(result);
        return result.missed() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private Shape shape() {
        for (Shape each : Shape.values()) {
            if (each.name().equalsIgnoreCase(shape)) {
                return each;
            }
        }
        throw output.wrong("--shape must be applications, groups or prefixes");
    }

    static AnalyzeResult measure(Shape shape, int rules, long seed, int repeat) {
        Planted tenant = AnalyzeTenant.of(shape, rules, seed);
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        double[] millis = new double[repeat + 1];
        double[] cpuMillis = new double[repeat + 1];
        Analysis analysis = new Analysis(0, List.of(), 0);
        for (int i = 0; i < millis.length; i++) {
            long cpuStart = threads.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            analysis = PolicyAnalyzer.analyze(tenant.model());
            millis[i] = (System.nanoTime() - start) / 1e6;
            cpuMillis[i] = (threads.getCurrentThreadCpuTime() - cpuStart) / 1e6;
        }
        Map<FindingKind, Integer> counts = analysis.counts();
        return new AnalyzeResult(
                shape.name().toLowerCase(Locale.ROOT),
                tenant.rules(),
                tenant.model().groups().size(),
                tenant.model().vms().size(),
                analysis.findings().size(),
                counts.getOrDefault(FindingKind.SHADOWED, 0),
                counts.getOrDefault(FindingKind.REDUNDANT, 0),
                counts.getOrDefault(FindingKind.CONFLICTING, 0),
                Math.max(0, tenant.planted() - counts.getOrDefault(FindingKind.SHADOWED, 0)),
                analysis.unfinished(),
                medianBehindFirst(millis),
                medianBehindFirst(cpuMillis),
                millis[0]);
    }

    private static double medianBehindFirst(double[] values) {
        double[] later = Arrays.copyOfRange(values, 1, values.length);
        Arrays.sort(later);
        return later[later.length / 2];
    }

    /**
     * What a run measured.
     *
     * @param missed planted faults that were not found
     */
    record AnalyzeResult(
            String shape,
            int rules,
            int groups,
            int vms,
            int findings,
            int shadowed,
            int redundant,
            int conflicting,
            int missed,
            int unfinished,
            double analyzeMillis,
            double cpuMillis,
            double firstMillis)
            implements BenchResult {
        @Override
        public String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"shape\":\"%s\",\"rules\":%d,\"groups\":%d,\"vms\":%d,\"findings\":%d,\"shadowed\":%d,"
                            + "\"redundant\":%d,\"conflicting\":%d,\"missed\":%d,\"unfinished\":%d,"
                            + "\"analyzeMillis\":%.1f,\"cpuMillis\":%.1f,\"firstMillis\":%.1f}",
                    shape,
                    rules,
                    groups,
                    vms,
                    findings,
                    shadowed,
                    redundant,
                    conflicting,
                    missed,
                    unfinished,
                    analyzeMillis,
                    cpuMillis,
                    firstMillis);
        }

        @Override
        public String table() {
            return String.format(
                    Locale.ROOT,
                    "%,d rules (%s), %,d groups, %,d VMs%nanalyze   %,10.1f ms (%,.1f ms of processor time); the first"
                        + " %,.1f ms%nfindings  %,10d: %,d shadowed, %,d redundant, %,d conflicting; %d planted ones"
                        + " missed, %d rules unfinished",
                    rules,
                    shape,
                    groups,
                    vms,
                    analyzeMillis,
                    cpuMillis,
                    firstMillis,
                    findings,
                    shadowed,
                    redundant,
                    conflicting,
                    missed,
                    unfinished);
        }
    }
}
