package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Drops what is staged. */
@Command(
        name = "unstage",
        mixinStandardHelpOptions = true,
        description = "Drop staged policies, with what was counted of them; what is enforced stays as it is.",
        footer = {"", "Examples:", "  portcullis unstage web", "  portcullis unstage --all"})
final class UnstageCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "POLICY", description = "Names.")
    private List<String> names = List.of();

    @Option(names = "--all", description = "Everything that is staged.")
    private boolean all;

    UnstageCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        if (all != names.isEmpty()) {
            throw new CommandFailure(ExitCode.USAGE, "which staged policies?", "give names, or --all");
        }
        try (session) {
            ChangeView change = session.client().staged(session.tenant()).drop(names, OptionalLong.empty());
            session.output().done(change, Sentences.change(change, false));
        }
        return ExitCode.OK;
    }
}
