package io.portcullis.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much at once an operation may do that moves many VMs. */
final class LimitOptions {
    @Option(names = "--parallel", paramLabel = "N", description = "Migrations at the same time.")
    private @Nullable Integer parallel;

    @Option(
            names = "--bandwidth",
            paramLabel = "RATE",
            converter = Bandwidth.Reader.class,
            description =
                    "What all of its migrations together may send ahead of their pauses, like 200MB/s, or unlimited"
                            + " (default: what hosts may).")
    private @Nullable Bandwidth bandwidth;

    @Nullable
    Integer parallel() {
        return parallel;
    }

    @Nullable
    Long bytesPerSecond() {
        return bandwidth == null ? null : bandwidth.bytesPerSecond();
    }
}
