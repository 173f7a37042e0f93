package io.portcullis.cli;

import io.portcullis.api.OperationView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Goes on with an operation. */
@Command(
        name = "resume",
        mixinStandardHelpOptions = true,
        description = "Go on with an operation that is paused or incomplete; what failed is tried again.",
        footer = {"", "Example:", "  portcullis resume op-7     (ids: portcullis get operations)"})
final class ResumeCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "ID", description = "Id of the operation.")
    private String id = "";

    ResumeCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            OperationView view = session.client().operations().resume(id);
            session.output().done(view, Sentences.operation(view));
        }
        return ExitCode.OK;
    }
}
