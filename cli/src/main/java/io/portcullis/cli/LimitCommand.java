package io.portcullis.cli;

import io.portcullis.api.OperationLimits;
import io.portcullis.api.OperationView;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Changes the limits of an operation. */
@Command(
        name = "limit",
        mixinStandardHelpOptions = true,
        description = "Give a drain, leave, evacuation or rebalance that is under way other limits.",
        footer = {
            "",
            "Examples:",
            "  portcullis limit op-7 --bandwidth 100MB/s     (ids: portcullis get operations)",
            "  portcullis limit op-7 --bandwidth unlimited --parallel 8"
        })
final class LimitCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "ID", description = "Id of the operation.")
    private String id = "";

    @ArgGroup(exclusive = false, multiplicity = "1")
    private final Limits limits = new Limits();

    /** At least one. */
    static final class Limits {
        @Option(names = "--parallel", paramLabel = "N", description = "Migrations at the same time.")
        private @Nullable Integer parallel;

        @Option(
                names = "--bandwidth",
                paramLabel = "RATE",
                converter = Bandwidth.Reader.class,
                description = "What all of its migrations together may send ahead of their pauses, like 200MB/s, or"
                        + " unlimited.")
        private @Nullable Bandwidth bandwidth;
    }

    LimitCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            Bandwidth bandwidth = limits.bandwidth;
            OperationView view = session.client()
                    .operations()
                    .limit(
                            id,
                            new OperationLimits(
                                    limits.parallel, bandwidth == null ? null : bandwidth.bytesPerSecond()));
            session.output().done(view, Sentences.operation(view));
        }
        return ExitCode.OK;
    }
}
