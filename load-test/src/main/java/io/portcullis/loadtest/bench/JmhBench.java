package io.portcullis.loadtest.bench;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code portcullis bench jmh}. */
@Command(
        name = "jmh",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Runs the small benchmarks under JMH, each in a JVM of its own, with its profile of garbage.", ""
        },
        footer = {"", "  portcullis bench jmh Engine --json-file result.json"})
final class JmhBench implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "PATTERN",
            defaultValue = ".*",
            description = "Regular expression for names of benchmarks. Default: all.")
    private String pattern = ".*";

    @Option(names = "--quick", description = "One short round: to see that it runs, not to measure.")
    private boolean quick;

    @Option(names = "--json-file", paramLabel = "FILE", description = "Write JMH's result there, too.")
    private @Nullable String jsonFile;

    @Override
    public Integer call() throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder().include(pattern).addProfiler(GCProfiler.class);
        if (quick) {
            options.warmupIterations(0).measurementIterations(1);
        }
        if (jsonFile != null) {
            options.resultFormat(ResultFormatType.JSON).result(jsonFile);
        }
        try {
            new Runner(options.build()).run();
        } catch (NoBenchmarksException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    "no benchmark is called like '" + pattern + "'; Engine and Classifier are there",
                    e);
        }
        return CommandLine.ExitCode.OK;
    }
}
