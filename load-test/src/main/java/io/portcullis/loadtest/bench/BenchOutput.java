package io.portcullis.loadtest.bench;

import java.util.Objects;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all benchmarks have: how a result is printed, and what is said of a value that makes no sense. */
final class BenchOutput {
    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object on one line.")
    private boolean json;

    boolean isJson() {
        return json;
    }

    void print(BenchResult result) {
        System.out.println(json ? result.json() : result.table());
    }

    /** Throws what ends the command with its usage unless the value is within both bounds. */
    void check(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw wrong(option + " must be from " + least + " to " + most);
        }
    }

    ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    ParameterException wrong(IllegalArgumentException refused) {
        return new ParameterException(spec.commandLine(), Objects.toString(refused.getMessage()), refused);
    }
}
