package io.portcullis.loadtest.bench;

import io.portcullis.datapath.classify.FlowMatch;
import io.portcullis.loadtest.bench.ClassBenchFiles.Headers;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis bench classify}. */
@Command(
        name = "classify",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Finds the first matching rule for every header of a trace, compares the answers and measures the time.",
            "Files are in ClassBench format, plain or with gzip.",
            ""
        },
        footer = {
            "",
            "nanosPerLookup   median over rounds of whole passes over the trace, after a warm-up, one thread",
            "nanosPerLookupLinear  the same for one rule after the other, over at most 2,000 headers",
            "mismatches       answers that differ from --truth, or without it from the linear search (2,000 headers)",
            "buildMillis      median of 5 builds after one to warm up",
            "updateNanos      median over rounds of the mean of a deletion or insertion of one rule, between look-ups"
                    + " on the same table",
            "tableBytes       heap that the compiled rules take, all of it",
            "",
            "  portcullis bench classify --rules acl1_10k.gz --trace acl1_10k_trace.gz --json",
        })
final class ClassifyBench implements Callable<Integer> {
    @Option(names = "--rules", paramLabel = "FILE", required = true, description = "The rules; the first match wins.")
    private Path rulesFile = Path.of("");

    @Option(names = "--trace", paramLabel = "FILE", required = true, description = "The headers.")
    private Path traceFile = Path.of("");

    @Option(
            names = "--truth",
            paramLabel = "FILE",
            description = "For each header the line (from 0) of the rule that matches, or -1.")
    private @Nullable Path truthFile;

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws InterruptedException {
        try {
            List<FlowMatch> rules = ClassBenchFiles.rules(rulesFile);
            Headers headers = ClassBenchFiles.headers(traceFile);
            int[] truth = truthFile == null ? null : ClassBenchFiles.truth(truthFile, headers.count(), rules.size());
            ClassifyResult result = new ClassifyRun(rules, headers, truth).run();
            output.print(result);
            return result.mismatches() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (BadInputException e) {
            System.err.println("portcullis bench classify: " + e.getMessage());
            return Main.UNUSABLE_INPUT;
        }
    }

    /** What a run measured. */
    record ClassifyResult(
            int rules,
            int headers,
            int mismatches,
            double nanosPerLookup,
            double nanosPerLookupLinear,
            double buildMillis,
            double updateNanos,
            long tableBytes)
            implements BenchResult {

        @Override
        public String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"rules\":%d,\"headers\":%d,\"mismatches\":%d,\"nanosPerLookup\":%.2f,"
                        + "\"nanosPerLookupLinear\":%.1f,\"buildMillis\":%.3f,\"updateNanos\":%.1f,\"tableBytes\":%d}",
                    rules,
                    headers,
                    mismatches,
                    nanosPerLookup,
                    nanosPerLookupLinear,
                    buildMillis,
                    updateNanos,
                    tableBytes);
        }

        @Override
        public String table() {
            return String.format(
                    Locale.ROOT,
                    "%,d rules, %,d headers, %d wrong answers%n"
                            + "look-up  %10.1f ns (one rule after the other: %,.1f ns)%n"
                            + "build    %10.1f ms%n"
                            + "update   %10.1f ns%n"
                            + "memory   %,10d bytes (%.1f a rule)",
                    rules,
                    headers,
                    mismatches,
                    nanosPerLookup,
                    nanosPerLookupLinear,
                    buildMillis,
                    updateNanos,
                    tableBytes,
                    (double) tableBytes / rules);
        }
    }
}
