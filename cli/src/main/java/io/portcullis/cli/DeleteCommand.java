package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.PortcullisClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Deletes one thing. */
@Command(
        name = "delete",
        mixinStandardHelpOptions = true,
        description =
                "Delete a group, policy, segment, service, exclusion, VM or tenant. Refused while something uses it.",
        footer = {"", "Examples:", "  portcullis delete policy web", "  portcullis delete vm web-1    (detach it first)"
        })
final class DeleteCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "KIND", converter = Kind.Reader.class, description = "What it is.")
    private Kind kind = Kind.CLUSTER;

    @Parameters(index = "1", paramLabel = "NAME", description = "Which one.")
    private String name = "";

    DeleteCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        try (session) {
            PortcullisClient client = session.client();
            switch (kind) {
                case VMS -> {
                    Session.VmName vm = session.vm(name);
                    changed(client.deleteVm(vm.tenant(), vm.name()));
                }
                case GROUPS, POLICIES, STAGED_POLICIES, SEGMENTS, SERVICES, EXCLUSIONS ->
                    changed(client.delete(session.tenant(), kind.plural(), name));
                case TENANTS -> {
                    client.deleteTenant(name);
                    session.output().done("tenant " + name + " is deleted");
                }
                case HOSTS ->
                    throw new CommandFailure(
                            ExitCode.USAGE, "a host is not deleted, it leaves", "portcullis leave " + name);
                case MIGRATIONS ->
                    throw new CommandFailure(
                            ExitCode.USAGE, "a migration is not deleted, it is cancelled", "portcullis cancel " + name);
                case OPERATIONS ->
                    throw new CommandFailure(
                            ExitCode.USAGE,
                            "an operation is not deleted, it is cancelled",
                            "portcullis cancel " + name);
                case CLUSTER, CONNECTIONS, RULES, REALIZATION, STAGED, HITS, QUOTA ->
                    throw new CommandFailure(ExitCode.USAGE, kind.plural() + " cannot be deleted", null);
            }
        }
        return ExitCode.OK;
    }

    private void changed(ChangeView change) {
        session.output()
                .done(
                        change,
                        kind.singular() + " " + name + " is deleted; " + change.tenant() + " is at revision "
                                + change.revision());
    }
}
