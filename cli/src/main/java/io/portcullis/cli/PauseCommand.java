package io.portcullis.cli;

import io.portcullis.api.OperationView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Pauses an operation. */
@Command(
        name = "pause",
        mixinStandardHelpOptions = true,
        description = "Pause a drain, leave, evacuation or rebalance: nothing new begins, what is under way ends.",
        footer = {"", "Example:", "  portcullis pause op-7     (ids: portcullis get operations)"})
final class PauseCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "ID", description = "Id of the operation.")
    private String id = "";

    PauseCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            OperationView view = session.client().operations().pause(id);
            session.output().done(view, Sentences.operation(view));
        }
        return ExitCode.OK;
    }
}
