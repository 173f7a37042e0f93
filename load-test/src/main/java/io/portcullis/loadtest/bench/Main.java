package io.portcullis.loadtest.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code portcullis bench}. */
@Command(
        name = "portcullis bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Measures parts of the data path, and of the policy before it, on one core of this machine.", ""
        },
        subcommands = {
            ClassifyBench.class,
            TrackBench.class,
            PolicyBench.class,
            RealizeBench.class,
            MigrateBench.class,
            CodecBench.class,
            ScaleBench.class,
            AnalyzeBench.class,
            JmhBench.class
        },
        footer = {"", "Exit status: 0 measured, 1 measured and found wrong answers, 2 wrong usage, 3 unusable input."})
public final class Main implements Runnable {
    static final int UNUSABLE_INPUT = 3;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to measure, for example: portcullis bench classify");
    }
}
