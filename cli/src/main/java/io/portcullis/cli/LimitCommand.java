package io.portcullis.cli;

import io.portcullis.api.OperationLimits;
import io.portcullis.api.OperationView;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
    private final LimitOptions limits = new LimitOptions();

    LimitCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            OperationView view = session.client()
                    .operations()
                    .limit(id, new OperationLimits(limits.parallel(), limits.bytesPerSecond()));
            session.output().done(view, Sentences.operation(view));
        }
        return ExitCode.OK;
    }
}
