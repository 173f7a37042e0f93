package io.portcullis.cli;

import io.portcullis.api.ApiException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.Problem;
import io.portcullis.api.TenantSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Applies documents. */
@Command(
        name = "apply",
        mixinStandardHelpOptions = true,
        description = "Make a tenant be as documents say: all of them, or none if one has a mistake.",
        footer = {
            "",
            "A document has kind (Segment, Group, Service, Policy, Vm), metadata.name and spec;",
            "several in a file are divided by ---. What a file does not name stays as it is.",
            "",
            "Examples:",
            "  portcullis apply -f tenant.yaml --tenant acme --create-tenant",
            "  portcullis apply -f web.yaml --wait       until every vNIC enforces it",
            "  portcullis get policy web -o yaml | sed s/ALLOW/DROP/ | portcullis apply -f -"
        })
final class ApplyCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description = "YAML or JSON; - for standard input. May be given several times.")
    private List<String> files = new ArrayList<>();

    @Option(names = "--create-tenant", description = "Make the tenant if there is none.")
    private boolean createTenant;

    @Option(names = "--if-revision", paramLabel = "N", description = "Only if the tenant is at that revision.")
    private @Nullable Long revision;

    @Option(names = "--wait", description = "Wait until every vNIC enforces the change.")
    private boolean await;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Longest wait (default 30).")
    private int timeoutSeconds = 30;

    /** Number of the first line of each file in the text that is sent, to the file. */
    private final NavigableMap<Integer, String> firstLines = new TreeMap<>();

    ApplyCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() throws TimeoutException {
        try (session) {
            PortcullisClient client = session.client();
            String text = text();
            String tenant = session.tenant();
            if (createTenant) {
                createIfMissing(client, tenant);
            }
            ChangeView change = apply(client, tenant, text);
            if (await) {
                client.awaitRealized(tenant, change.revision(), Duration.ofSeconds(timeoutSeconds));
            }
            session.output().done(change, Sentences.change(change, await));
        }
        return ExitCode.OK;
    }

    private ChangeView apply(PortcullisClient client, String tenant, String text) {
        try {
            return client.apply(tenant, text, revision == null ? OptionalLong.empty() : OptionalLong.of(revision));
        } catch (ApiException refused) {
            throw files.size() == 1 ? refused : inItsFile(refused);
        }
    }

    /** The lines of the answer count through all files; people count in each. */
    private ApiException inItsFile(ApiException refused) {
        Problem problem = refused.problem();
        List<FieldProblem> problems = new ArrayList<>();
        for (FieldProblem each : problem.problems()) {
            Integer line = each.line();
            Map.Entry<Integer, String> file = line == null ? null : firstLines.floorEntry(line);
            problems.add(
                    line == null || file == null
                            ? each
                            : new FieldProblem(
                                    "(" + file.getValue() + ") " + each.path(),
                                    each.message(),
                                    each.hint(),
                                    line - file.getKey() + 1,
                                    each.column()));
        }
        return new ApiException(new Problem(
                problem.type(),
                problem.title(),
                problem.status(),
                problem.detail(),
                problem.code(),
                problem.hint(),
                problems));
    }

    private static void createIfMissing(PortcullisClient client, String tenant) {
        try {
            client.tenant(tenant);
        } catch (ApiException unknown) {
            if (unknown.status() != 404) {
                throw unknown;
            }
            client.putTenant(tenant, new TenantSpec(null, null));
        }
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (String file : files) {
            try {
                byte[] bytes =
                        file.equals("-") ? session.terminal().in().readAllBytes() : Files.readAllBytes(Path.of(file));
                text.append(text.isEmpty() ? "" : "\n---\n");
                firstLines.put(1 + (int) text.chars().filter(c -> c == '\n').count(), file);
                text.append(new String(bytes, StandardCharsets.UTF_8));
            } catch (IOException unreadable) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "the file " + file + " cannot be read ("
                                + unreadable.getClass().getSimpleName() + ")",
                        null);
            }
        }
        return text.toString();
    }
}
