package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.RollbackRequest;
import io.portcullis.api.TenantRevisions;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Brings an older revision back. */
@Command(
        name = "rollback",
        mixinStandardHelpOptions = true,
        description =
                "Make a new revision whose policies, groups, services, segments and defaults are those of an older"
                        + " one.",
        footer = {
            "",
            "VMs, their tags and findings stay as they are unless --inventory is given. All or nothing: it is",
            "refused where something that comes back names what is gone, or the vNICs of an attached VM would change.",
            "",
            "Examples:",
            "  portcullis history                       which revision?",
            "  portcullis rollback --to 41 --dry-run    what would change?",
            "  portcullis rollback --to 41 --wait=realized"
        })
final class RollbackCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Option(names = "--to", required = true, paramLabel = "N", description = "The revision to bring back.")
    private long to;

    @Option(names = "--inventory", description = "VMs, tags and findings too.")
    private boolean inventory;

    @Option(names = "--dry-run", description = "Only show what would change.")
    private boolean dryRun;

    @Mixin
    private final ExpectedRevision revision = new ExpectedRevision();

    @Mixin
    private final RealizationWait realization = new RealizationWait();

    RollbackCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            String tenant = session.tenant();
            TenantRevisions revisions = session.client().revisions(tenant);
            RollbackRequest request = new RollbackRequest(to, inventory);
            OptionalLong expected = revision.get();
            if (dryRun) {
                DryRunView view = revisions.dryRun(request, expected);
                session.output().raw(view, view.diff() + Sentences.dryRun(view) + "\n");
                return ExitCode.OK;
            }
            ChangeView change = revisions.rollback(request, expected);
            return realization.finish(session, change);
        }
    }
}
