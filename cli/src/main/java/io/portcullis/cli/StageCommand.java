package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.StagedPolicies;
import io.portcullis.api.StagedPolicySpec;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Stages a change of policies. */
@Command(
        name = "stage",
        mixinStandardHelpOptions = true,
        description =
                "Hold a change of policies: it is checked, and evaluated with the traffic there is, but not enforced.",
        footer = {
            "",
            "A policy that there is goes on being enforced as it is, while 'get staged' counts what would be"
                    + " different. 'publish' makes what is",
            "staged enforced, 'unstage' drops it; who stages a policy again replaces what was staged.",
            "",
            "Examples:",
            "  portcullis stage -f web.yaml              the policies of the file",
            "  portcullis stage --remove legacy          the removal of a policy",
            "  portcullis stage -f web.yaml --dry-run    all checks, and what would be staged",
            "  portcullis get staged                     what it would have denied, allowed and cut",
            "  portcullis publish --dry-run              what would change"
        })
final class StageCommand implements Callable<Integer> {
    /** What is staged; one of the two. */
    private static final class Subject {
        @ArgGroup(exclusive = false)
        private @Nullable DocumentFiles files;

        @Option(names = "--remove", paramLabel = "POLICY", description = "Stage the removal of this policy.")
        private @Nullable String removed;
    }

    @Mixin
    private final Session session;

    @ArgGroup(multiplicity = "1")
    private Subject subject = new Subject();

    @Mixin
    private final ExpectedRevision revision = new ExpectedRevision();

    @Option(names = "--dry-run", description = "Make all checks and show what would be staged, but stage nothing.")
    private boolean dryRun;

    StageCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            StagedPolicies staged = session.client().staged(session.tenant());
            OptionalLong expected = revision.get();
            if (dryRun) {
                DryRunView view = send(text -> staged.tryToStage(text, expected));
                session.output().raw(view, view.diff() + Sentences.dryRun(view) + "\n");
            } else {
                ChangeView change = send(text -> staged.stage(text, expected));
                session.output().done(change, Sentences.change(change, false));
            }
        }
        return ExitCode.OK;
    }

    private <R> R send(Function<String, R> request) {
        DocumentFiles files = subject.files;
        String removed = subject.removed;
        return files != null || removed == null
                ? Objects.requireNonNull(files).send(session.terminal(), request)
                : request.apply(DocumentFiles.text("StagedPolicy", removed, StagedPolicySpec.ofRemoval()));
    }
}
