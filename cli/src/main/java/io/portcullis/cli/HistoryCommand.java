package io.portcullis.cli;

import io.portcullis.api.HistoryView;
import io.portcullis.api.RevisionView;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what was changed, by whom and when. */
@Command(
        name = "history",
        mixinStandardHelpOptions = true,
        description = "Show a tenant's revisions, newest first, or what one of them changed.",
        footer = {
            "",
            "Examples:",
            "  portcullis history                number, when, who, what",
            "  portcullis history --before 100   the page behind revision 100",
            "  portcullis history 42             the difference that revision 42 made"
        })
final class HistoryCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", arity = "0..1", paramLabel = "N", description = "One revision, with its difference.")
    private @Nullable Long revision;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many (default 50).")
    private int limit = 50;

    @Option(names = "--before", paramLabel = "N", description = "Only revisions below this one.")
    private @Nullable Long before;

    HistoryCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            String tenant = session.tenant();
            if (revision == null) {
                page(tenant);
            } else {
                one(tenant, revision);
            }
        }
        return ExitCode.OK;
    }

    private void page(String tenant) {
        HistoryView history = session.client().revisions(tenant).history(before, limit);
        Output output = session.output();
        output.one(history, Table.of(history.items(), output.wide(), Tables.REVISIONS));
        if (history.items().size() == limit && history.items().getLast().revision() > history.oldest() + 1) {
            session.say("there are older ones: --before "
                    + history.items().getLast().revision());
        }
    }

    private void one(String tenant, long number) {
        RevisionView view = session.client().revisions(tenant).get(number);
        String note = view.note().isEmpty() ? "" : "  (" + view.note() + ")";
        session.output()
                .raw(
                        view,
                        "revision " + view.revision() + "  " + view.at() + "  " + view.by() + note + "\n"
                                + view.summary() + "\n" + (view.diff() == null ? "" : view.diff()));
    }
}
