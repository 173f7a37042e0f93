package io.portcullis.cli;

import io.portcullis.api.ApiException;
import io.portcullis.api.DryRunView;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what an apply would change. */
@Command(
        name = "diff",
        mixinStandardHelpOptions = true,
        description = "Show what 'apply' would change, in the unified format; all its checks, no change.",
        footer = {
            "",
            "Exit status: 0 no difference, 1 differences, 2 or more the documents were refused or something failed.",
            "",
            "Examples:",
            "  portcullis diff -f web.yaml",
            "  portcullis export > all.yaml; vi all.yaml; portcullis diff -f all.yaml"
        })
final class DiffCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final DocumentFiles files = new DocumentFiles();

    DiffCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            DryRunView view = files.send(
                    session.terminal(),
                    text -> session.client().revisions(session.tenant()).dryRun(text, OptionalLong.empty()));
            session.output().raw(view, view.diff());
            return view.changed().isEmpty() ? ExitCode.OK : ExitCode.DIFFERENT;
        } catch (ApiException refused) {
            new Failures(session.terminal()).print(refused.problem());
            return ExitCode.TROUBLE;
        }
    }
}
