package io.portcullis.cli;

import io.portcullis.api.AnalysisView;
import io.portcullis.api.FindingView;
import io.portcullis.api.PortcullisClient;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what is wrong with a tenant's policy though it is valid. */
@Command(
        name = "analyze",
        mixinStandardHelpOptions = true,
        description = {
            "Show what is wrong with a tenant's policy though it is valid: rules that never decide or never match,"
                    + " that",
            "only their order keeps apart, that allow too much; groups and services that nobody needs.",
            "With -f, of the tenant as it would be with those documents; nothing is changed."
        },
        footer = {
            "",
            "  shadowed        earlier rules, at least one with another action, leave nothing for it",
            "  redundant       earlier rules with the same action leave nothing, or a later one does the same",
            "  conflicting     overlaps an earlier one with the opposite verdict: their order alone decides",
            "  too-permissive  of sources, destinations and services at least two are as good as unlimited",
            "  never-matches   no packet can match it",
            "  passes-all      a PASS that leaves nothing for the rest of its category",
            "  empty-group     nobody is in it now",
            "  unused          a group or service that no policy needs; with --unused-since, a rule without a hit"
                    + " since then",
            "  excluded        an exclusion: vNICs for which none of the tenant's rules holds",
            "",
            "Exit status: 0, or 1 if something of --fail-on was found.",
            "",
            "Examples:",
            "  portcullis analyze",
            "  portcullis analyze -f web.yaml --new      what the documents would bring",
            "  portcullis analyze --fail-on shadowed,redundant,never-matches -o json",
            "  portcullis analyze --unused-since 30d     also rules that no packet needed for 30 days"
        })
final class AnalyzeCommand implements Callable<Integer> {
    /** As many as the API lists. */
    private static final int MAX_FINDINGS = 100_000;

    @Mixin
    private final Session session;

    @ArgGroup(exclusive = false)
    private @Nullable DocumentFiles files;

    @Mixin
    private final FailOn failOn = new FailOn();

    @Option(names = "--new", description = "With -f: only what the tenant would not have without the documents.")
    private boolean onlyNew;

    @Option(
            names = "--unused-since",
            paramLabel = "WHEN",
            description = "Also rules without a hit since then: 30d, 12h, or 2027-01-31T18:00:00Z.")
    private @Nullable String unusedSince;

    AnalyzeCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        List<String> fatal = failOn.kinds();
        if (onlyNew && files == null) {
            throw new CommandFailure(ExitCode.USAGE, "--new compares with documents", "name them with -f");
        }
        try (session) {
            AnalysisView whole = analyze(session.client());
            AnalysisView view = onlyNew ? introduced(whole) : whole;
            session.output().done(view, Sentences.analysis(view));
            return view.counts().keySet().stream().anyMatch(fatal::contains) ? ExitCode.FAILED : ExitCode.OK;
        }
    }

    private AnalysisView analyze(PortcullisClient client) {
        String tenant = session.tenant();
        return files == null
                ? client.analyze(tenant, null, MAX_FINDINGS, unusedSince)
                : files.send(session.terminal(), text -> client.analyze(tenant, text, MAX_FINDINGS, unusedSince));
    }

    private static AnalysisView introduced(AnalysisView view) {
        List<FindingView> findings = view.findings().stream()
                .filter(finding -> Boolean.TRUE.equals(finding.introduced()))
                .toList();
        Map<String, Integer> counts = findings.stream()
                .collect(Collectors.toMap(FindingView::kind, finding -> 1, Integer::sum, TreeMap::new));
        return new AnalysisView(
                view.tenant(),
                view.revision(),
                view.rules(),
                view.unfinished(),
                view.usage(),
                counts,
                view.truncated(),
                findings);
    }
}
