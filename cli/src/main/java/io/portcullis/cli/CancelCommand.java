package io.portcullis.cli;

import io.portcullis.api.MigrationView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Cancels a migration. */
@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        description = "Cancel a migration. Refused once the hand-over has begun: then it ends by itself.",
        footer = {"", "Example:", "  portcullis cancel ID     (ids: portcullis get migrations)"})
final class CancelCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "ID", description = "Id of the migration.")
    private String id = "";

    CancelCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            MigrationView view = session.client().cancel(id);
            session.output().done(view, "cancelled; " + view.vm() + " stays on " + view.from());
        }
        return ExitCode.OK;
    }
}
