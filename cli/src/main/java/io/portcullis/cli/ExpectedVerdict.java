package io.portcullis.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Makes a question about a connection a check for scripts. */
final class ExpectedVerdict {
    @Option(
            names = "--expect",
            paramLabel = "VERDICT",
            description = "allow, drop or reject: fail unless every path gets this verdict.")
    private @Nullable String expected;

    /** Throws {@link CommandFailure}, status 1, if another verdict was expected. */
    void check(String verdict) {
        if (expected != null && !verdict.equals(expected.toUpperCase(Locale.ROOT))) {
            throw new CommandFailure(ExitCode.FAILED, "the verdict is " + verdict + ", expected was " + expected, null);
        }
    }
}
