package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.StagedPolicies;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Has what is staged enforced. */
@Command(
        name = "publish",
        mixinStandardHelpOptions = true,
        description = "Make staged policies enforced, all that are named (or all there are) as one revision.",
        footer = {
            "",
            "Examples:",
            "  portcullis publish --dry-run          what would change",
            "  portcullis publish --wait=realized    everything that is staged",
            "  portcullis publish web legacy         only these"
        })
final class PublishCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "POLICY", description = "Names; none for everything that is staged.")
    private List<String> names = List.of();

    @Option(names = "--dry-run", description = "Only show what would change.")
    private boolean dryRun;

    @Mixin
    private final ExpectedRevision revision = new ExpectedRevision();

    @Mixin
    private final RealizationWait realization = new RealizationWait();

    PublishCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            StagedPolicies staged = session.client().staged(session.tenant());
            OptionalLong expected = revision.get();
            if (dryRun) {
                DryRunView view = staged.tryToPublish(names, expected);
                session.output().raw(view, view.diff() + Sentences.dryRun(view) + "\n");
                return ExitCode.OK;
            }
            ChangeView change = staged.publish(names, expected);
            return realization.finish(session, change);
        }
    }
}
