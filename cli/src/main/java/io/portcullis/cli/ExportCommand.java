package io.portcullis.cli;

import io.portcullis.api.document.Documents;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints a tenant's documents. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = "Print all documents of a tenant as one YAML stream that 'apply -f' takes again.",
        footer = {
            "",
            "With findings of scanners and the tenant's defaults; placements are no documents.",
            "",
            "Examples:",
            "  portcullis export > acme.yaml                everything",
            "  portcullis export policies                   one kind of documents",
            "  portcullis export --revision 7 > then.yaml   as it was at revision 7"
        })
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "KIND",
            converter = Kind.Reader.class,
            description =
                    "Only these: segments, services, groups, vms, policies, staged-policies, exclusions or tenant.")
    private @Nullable Kind kind;

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Only this one.")
    private @Nullable String name;

    @Option(names = "--revision", paramLabel = "N", description = "As it was at that revision.")
    private @Nullable Long revision;

    ExportCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            String title = kind == null ? null : kind.document();
            String text = session.client().revisions(session.tenant()).export(revision, title, name);
            session.terminal().out().print(text);
            if (text.getBytes(StandardCharsets.UTF_8).length > Documents.MAX_BYTES) {
                session.say("this is more than one apply takes (" + Documents.MAX_BYTES
                        + " bytes); apply it in parts, segments, services and groups first");
            }
        }
        return ExitCode.OK;
    }
}
