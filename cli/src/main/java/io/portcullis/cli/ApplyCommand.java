package io.portcullis.cli;

import io.portcullis.api.ApiException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
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
            "A document has kind (Tenant, Segment, Group, Service, Policy, StagedPolicy, Vm), metadata.name and spec;",
            "several in a file are divided by ---. What a file does not name stays as it is.",
            "",
            "Examples:",
            "  portcullis apply -f tenant.yaml --tenant acme --create-tenant",
            "  portcullis apply -f web.yaml --dry-run    all checks, and what would change",
            "  portcullis apply -f web.yaml --wait=realized --timeout 10s   until every vNIC enforces it",
            "  portcullis apply -f web.yaml --fail-on shadowed,never-matches   see 'portcullis analyze'",
            "  portcullis get policy web -o yaml | sed s/ALLOW/DROP/ | portcullis apply -f -"
        })
final class ApplyCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Mixin
    private final DocumentFiles files = new DocumentFiles();

    @Option(names = "--create-tenant", description = "Make the tenant if there is none.")
    private boolean createTenant;

    @Mixin
    private final ExpectedRevision revision = new ExpectedRevision();

    @Option(names = "--dry-run", description = "Make all checks and show what would change, but change nothing.")
    private boolean dryRun;

    @Mixin
    private final RealizationWait realization = new RealizationWait();

    @Mixin
    private final FailOn failOn = new FailOn();

    ApplyCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        if (dryRun && createTenant) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--dry-run changes nothing, so it cannot make the tenant",
                    "leave out --create-tenant, or make the tenant first");
        }
        try (session) {
            PortcullisClient client = session.client();
            OptionalLong expected = revision.get();
            if (dryRun) {
                DryRunView view = files.send(
                        session.terminal(),
                        text -> client.revisions(session.tenant()).dryRun(text, expected));
                session.output().raw(view, view.diff() + Sentences.dryRun(view) + "\n");
                return ExitCode.OK;
            }
            ChangeView change = files.send(session.terminal(), text -> {
                String tenant = session.tenant();
                if (createTenant) {
                    createIfMissing(client, tenant);
                }
                return client.apply(tenant, text, expected, failOn.kinds());
            });
            return realization.finish(session, change);
        }
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
}
