package io.portcullis.cli;

import io.portcullis.api.ExclusionSpec;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows all that is known of one thing. */
@Command(
        name = "describe",
        mixinStandardHelpOptions = true,
        description = "Show all that is known of one thing, as YAML (or JSON with -o json).",
        footer = {
            "",
            "Examples:",
            "  portcullis describe vm web-1           inventory, placement, counters of each vNIC",
            "  portcullis describe migration ID       phases, receipt, what both sides counted",
            "  portcullis describe operation op-7     each VM of a drain, leave, evacuation or rebalance",
            "  portcullis describe host host-1        limits, counters, VMs"
        })
final class DescribeCommand implements Callable<Integer> {
    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "KIND", converter = Kind.Reader.class, description = "What it is.")
    private Kind kind = Kind.CLUSTER;

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Which one.")
    private String name = "";

    @Option(
            names = "--revision",
            paramLabel = "N",
            description = "A group, policy, segment, service or exclusion as it was at that revision.")
    private @Nullable Long revision;

    DescribeCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        if (revision != null) {
            kind.requireRevisions();
        }
        try (session) {
            if (name.isEmpty() && kind.requiresName()) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "which " + kind.singular() + "?",
                        "'portcullis get " + kind.plural() + "' shows them");
            }
            OutputFormat format = OutputFormat.YAML;
            session.output(format).one(thing(session.client()), Table.of(List.of(), false, List.of()));
        }
        return ExitCode.OK;
    }

    private Object thing(PortcullisClient client) {
        return switch (kind) {
            case VMS -> {
                Session.VmName vm = session.vm(name);
                yield client.vm(vm.tenant(), vm.name());
            }
            case HOSTS -> client.host(name);
            case TENANTS -> client.tenant(name);
            case MIGRATIONS -> client.migration(name);
            case OPERATIONS -> client.operations().get(name);
            case CLUSTER -> client.cluster();
            case GROUPS -> client.resource(session.tenant(), kind.plural(), name, GroupSpec.class, revision);
            case SEGMENTS -> client.resource(session.tenant(), kind.plural(), name, SegmentSpec.class, revision);
            case SERVICES -> client.resource(session.tenant(), kind.plural(), name, ServiceSpec.class, revision);
            case STAGED_POLICIES ->
                client.resource(session.tenant(), kind.plural(), name, StagedPolicySpec.class, revision);
            case EXCLUSIONS -> client.resource(session.tenant(), kind.plural(), name, ExclusionSpec.class, revision);
            case POLICIES -> client.resource(session.tenant(), kind.plural(), name, PolicySpec.class, revision);
            case REALIZATION -> client.realization(name.isEmpty() ? session.tenant() : name);
            case STAGED ->
                client.staged(name.isEmpty() ? session.tenant() : name).get();
            case QUOTA -> client.quota(name.isEmpty() ? session.tenant() : name).get();
            case HITS -> client.hits(session.tenant(), name.isEmpty() ? null : name, GetCommand.MAX_RULES);
            case RULES, CONNECTIONS ->
                throw new CommandFailure(
                        ExitCode.USAGE,
                        kind.plural() + " cannot be described",
                        "use: portcullis get " + kind.plural() + " " + name);
        };
    }
}
