package io.portcullis.cli;

import io.portcullis.api.PreviewView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what documents would do to rules and live connections. */
@Command(
        name = "preview",
        mixinStandardHelpOptions = true,
        description = {
            "Show what documents would do if they were applied now: which rule tables they would change, and which"
                    + " live",
            "connections they would end. Every attached vNIC whose rules would change looks at its connections as they",
            "are, by the same decision that it would make then. Nothing is changed."
        },
        footer = {
            "",
            "Exit status: 0, or 1 with --fail-if-cut if connections would end or lose their answers, or a vNIC did not"
                    + " answer.",
            "",
            "Examples:",
            "  portcullis preview -f web.yaml",
            "  portcullis preview -f web.yaml --fail-if-cut && portcullis apply -f web.yaml",
            "  portcullis preview -f web.yaml -o json"
        })
final class PreviewCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final DocumentFiles files = new DocumentFiles();

    @Option(names = "--fail-if-cut", description = "Fail if live connections would end, or if that cannot be known.")
    private boolean failIfCut;

    PreviewCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            String tenant = session.tenant();
            PreviewView view =
                    files.send(session.terminal(), text -> session.client().preview(tenant, text));
            session.output().done(view, new PreviewText().write(view));
            boolean ends = view.cut() + view.reset() + view.oneWay() > 0 || view.unanswered() > 0;
            return failIfCut && ends ? ExitCode.FAILED : ExitCode.OK;
        }
    }
}
