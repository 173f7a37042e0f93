package io.portcullis.cli;

import io.portcullis.api.MoveWishes;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How many VMs are to be moved as one thing. */
final class MoveOptions {
    /** Whose VMs go first, if there are budgets for some only. */
    enum Priority {
        low,
        normal,
        high
    }

    @Option(
            names = "--to",
            split = ",",
            paramLabel = "HOST,…",
            description = "Only to these hosts (default: all others).")
    private @Nullable List<String> to;

    @Option(
            names = "--priority",
            paramLabel = "P",
            description = "Before or after other operations: ${COMPLETION-CANDIDATES}.")
    private @Nullable Priority priority;

    @Mixin
    private final LimitOptions limits = new LimitOptions();

    MoveWishes wishes(@Nullable Boolean dryRun) {
        return new MoveWishes(
                to,
                limits.parallel(),
                priority == null ? null : priority.name().toUpperCase(Locale.ROOT),
                dryRun,
                limits.bytesPerSecond());
    }
}
