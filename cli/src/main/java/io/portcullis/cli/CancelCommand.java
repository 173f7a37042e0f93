package io.portcullis.cli;

import io.portcullis.api.MigrationView;
import io.portcullis.api.OperationView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Cancels a migration. */
@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        description = {
            "Cancel a migration. Refused once the hand-over has begun: then it ends by itself.",
            "Or cancel an operation (drain, leave, evacuation, rebalance): nothing new begins, what is under way ends."
        },
        footer = {
            "",
            "Examples:",
            "  portcullis cancel ID       (ids: portcullis get migrations)",
            "  portcullis cancel op-7     (ids: portcullis get operations)"
        })
final class CancelCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "ID", description = "Id of the migration or operation.")
    private String id = "";

    CancelCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            if (id.startsWith("op-")) {
                OperationView operation = session.client().operations().cancel(id);
                session.output().done(operation, Sentences.operation(operation));
                return ExitCode.OK;
            }
            MigrationView view = session.client().cancel(id);
            session.output().done(view, "cancelled; " + view.vm() + " stays on " + view.from());
        }
        return ExitCode.OK;
    }
}
