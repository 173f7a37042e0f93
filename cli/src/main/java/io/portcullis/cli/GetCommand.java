package io.portcullis.cli;

import io.portcullis.api.ConnectionsView;
import io.portcullis.api.ExclusionSpec;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.HitsView;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.QuotaView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.Resource;
import io.portcullis.api.RulesView;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.api.StagedView;
import io.portcullis.api.TenantsRealization;
import io.portcullis.api.VmView;
import io.portcullis.api.VnicView;
import io.portcullis.cli.Table.Column;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists things, or shows one. */
@Command(
        name = "get",
        mixinStandardHelpOptions = true,
        description = "List things, or show one.",
        footer = {
            "",
            "Kinds: vms, hosts, groups, policies, staged-policies, segments, services, exclusions, tenants,",
            "       migrations, operations, cluster, connections VM, rules VM, realization, staged, quota, hits"
                    + " [POLICY].",
            "       Singular does as well.",
            "",
            "Examples:",
            "  portcullis get vms -o wide          all VMs of the tenant, with groups and ports",
            "  portcullis get vm web-1             one VM and its vNICs",
            "  portcullis get rules web-1          the rules that its vNICs enforce, in order",
            "  portcullis get connections web-1    what is tracked there now, and by which rule",
            "  portcullis get connections web-1 --why  and why that rule matched, at the revision that admitted it",
            "  portcullis get realization          which vNICs and hosts lag, and since when",
            "  portcullis get realization --tenant provider    which tenants, with the provider's policies",
            "  portcullis get staged               what staged policies would have done",
            "  portcullis get quota                what the tenant may have at most, and what it has",
            "  portcullis get hits web             how often the rules of policy web decided, and when last",
            "  portcullis get policies -o yaml     documents that 'apply -f' takes again",
            "  portcullis get policies --revision 7    as they were then"
        })
final class GetCommand implements Callable<Integer> {
    /** Whose hits are listed: as many as the API lists. */
    static final int MAX_RULES = 200_000;

    @Mixin
    private final Session session;

    @Parameters(index = "0", paramLabel = "KIND", converter = Kind.Reader.class, description = "What to get.")
    private Kind kind = Kind.CLUSTER;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "NAME",
            description = "One of them; for rules and connections the VM or VM/VNIC, for hits the policy.")
    private @Nullable String name;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "At most so many connections or migrations (default 50).")
    private int limit = 50;

    @Option(
            names = "--revision",
            paramLabel = "N",
            description = "Groups, policies, segments, services and exclusions as they were at that revision.")
    private @Nullable Long revision;

    @Option(
            names = "--why",
            description = "Connections: which rule of which revision allowed each, and why it matched.")
    private boolean why;

    GetCommand(Terminal terminal) {
        session = new Session(terminal);
    }

    @Override
    public Integer call() {
        if (revision != null) {
            kind.requireRevisions();
        }
        try (session) {
            PortcullisClient client = session.client();
            switch (kind) {
                case VMS -> vms(client);
                case HOSTS -> show(name == null ? client.hosts() : List.of(client.host(name)), Tables.HOSTS);
                case TENANTS -> show(name == null ? client.tenants() : List.of(client.tenant(name)), Tables.TENANTS);
                case MIGRATIONS ->
                    show(
                            name == null
                                    ? client.migrations(null, limit)
                                    : name.contains("/")
                                            ? client.migrations(name, limit)
                                            : List.of(client.migration(name)),
                            Tables.MIGRATIONS);
                case OPERATIONS ->
                    show(
                            name == null
                                    ? client.operations().list()
                                    : List.of(client.operations().get(name)),
                            Tables.OPERATIONS);
                case CLUSTER -> cluster(client);
                case GROUPS -> show(resources(client, GroupSpec.class), Tables.GROUPS);
                case SEGMENTS -> show(resources(client, SegmentSpec.class), Tables.SEGMENTS);
                case SERVICES -> show(resources(client, ServiceSpec.class), Tables.SERVICES);
                case EXCLUSIONS -> show(resources(client, ExclusionSpec.class), Tables.EXCLUSIONS);
                case POLICIES -> policies(client);
                case STAGED -> staged(client);
                case HITS -> hits(client);
                case STAGED_POLICIES -> show(resources(client, StagedPolicySpec.class), Tables.STAGED_POLICIES);
                case RULES -> rules(client);
                case CONNECTIONS -> connections(client);
                case REALIZATION -> realization(client);
                case QUOTA -> quota(client);
            }
        }
        return ExitCode.OK;
    }

    private <T> void show(List<T> things, List<Column<T>> columns) {
        Output output = session.output();
        Table table = Table.of(things, output.wide(), columns);
        if (name != null && things.size() == 1) {
            output.one(things.getFirst(), table);
        } else {
            output.many(things, table);
        }
    }

    private <S> List<Resource<S>> resources(PortcullisClient client, Class<S> spec) {
        return name == null
                ? client.resources(session.tenant(), kind.plural(), spec, revision)
                : List.of(client.resource(session.tenant(), kind.plural(), name, spec, revision));
    }

    private void vms(PortcullisClient client) {
        if (name == null) {
            show(client.vms(session.tenant()), Tables.VMS);
            return;
        }
        Session.VmName vm = session.vm(name);
        VmView view = client.vm(vm.tenant(), vm.name());
        show(List.of(view), Tables.VMS);
        Output output = session.output();
        output.text(out -> {
            out.println();
            Table.of(view.vnics(), output.wide(), Tables.VNICS).print(out);
        });
    }

    private void policies(PortcullisClient client) {
        List<Resource<PolicySpec>> policies = resources(client, PolicySpec.class);
        show(policies, Tables.POLICIES);
        if (name != null) {
            Output output = session.output();
            output.text(out -> {
                out.println();
                Table.of(policies.getFirst().spec().rules(), output.wide(), Tables.POLICY_RULES)
                        .print(out);
            });
        }
    }

    private void cluster(PortcullisClient client) {
        var cluster = client.cluster();
        Output output = session.output();
        output.one(cluster, Table.of(cluster.members(), output.wide(), Tables.MEMBERS));
    }

    /** The vNICs that were asked for: one, or all of a VM. */
    private List<VnicView> vnics(PortcullisClient client, Session.VmName[] found) {
        if (name == null) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "which VM?",
                    "for example: portcullis get " + kind.plural() + " web-1, or web-1/eth0");
        }
        String[] parts = name.split("/", -1);
        boolean full = parts.length == 3;
        boolean vnicOfVm = parts.length == 2 && session.namedTenant() != null;
        Session.VmName vm =
                full ? new Session.VmName(parts[0], parts[1]) : vnicOfVm ? session.vm(parts[0]) : session.vm(name);
        found[0] = vm;
        String wanted = full || vnicOfVm ? parts[parts.length - 1] : null;
        return wanted == null
                ? client.vm(vm.tenant(), vm.name()).vnics()
                : List.of(client.vnic(vm.tenant(), vm.name(), wanted));
    }

    private void rules(PortcullisClient client) {
        Session.VmName[] vm = new Session.VmName[1];
        List<RulesView> views = vnics(client, vm).stream()
                .map(vnic -> client.rules(vm[0].tenant(), vm[0].name(), vnic.name()))
                .toList();
        Output output = session.output();
        for (RulesView view : views) {
            output.text(out -> out.println(view.vnic() + ": revision " + view.revision()
                    + (view.realizedRevision() >= view.revision()
                            ? ", in force"
                            : ", in force is " + view.realizedRevision())
                    + ", default " + view.defaultAction()
                    + (view.excluded() ? ", excluded: the tenant's rules do not hold here" : "")
                    + (view.providerRules() ? ", after rules of the provider" : "")));
            output.one(view, Table.of(view.rules(), output.wide(), Tables.RULES));
        }
    }

    private void connections(PortcullisClient client) {
        Session.VmName[] vm = new Session.VmName[1];
        List<ConnectionsView> views = vnics(client, vm).stream()
                .map(vnic -> client.connections(vm[0].tenant(), vm[0].name(), vnic.name(), limit, why))
                .toList();
        Output output = session.output();
        for (ConnectionsView view : views) {
            output.text(out -> out.println(view.vnic() + " on " + view.host()));
            output.one(view, Table.of(view.connections(), output.wide(), Tables.CONNECTIONS));
            if (why) {
                output.text(out -> out.print(new ProvenanceText().write(view.connections())));
            }
            if (view.truncated()) {
                session.say("there are more; see them with --limit");
            }
        }
    }

    private void staged(PortcullisClient client) {
        StagedView view = client.staged(name == null ? session.tenant() : name).get();
        Output output = session.output();
        output.text(out -> out.println(Sentences.staged(view)));
        output.one(view, Table.of(view.rules(), output.wide(), Tables.STAGED_RULES));
        if (!view.examples().isEmpty()) {
            output.text(out -> {
                out.println();
                Table.of(view.examples(), output.wide(), Tables.STAGED_EXAMPLES).print(out);
            });
        }
        if (view.omittedRules() > 0) {
            session.say("rules with counts that are not shown: " + view.omittedRules());
        }
        if (!view.silentHosts().isEmpty()) {
            session.say(
                    "without what these hosts counted, which do not answer: " + String.join(", ", view.silentHosts()));
        }
    }

    private void quota(PortcullisClient client) {
        QuotaView view = client.quota(name == null ? session.tenant() : name).get();
        Output output = session.output();
        output.one(view, Table.of(List.copyOf(view.used().keySet()), output.wide(), Tables.quota(view)));
    }

    private void hits(PortcullisClient client) {
        HitsView view = client.hits(session.tenant(), name, MAX_RULES);
        Output output = session.output();
        output.text(out -> out.println(Sentences.hits(view)));
        output.one(view, Table.of(view.rules(), output.wide(), Tables.HITS));
        if (view.truncated()) {
            session.say("there are more rules; see those of one policy");
        }
        if (!view.complete()) {
            session.say(Sentences.missing(view.silentHosts()));
        }
    }

    private void realization(PortcullisClient client) {
        RealizationView view = client.realization(name == null ? session.tenant() : name);
        Output output = session.output();
        output.text(out -> out.println("revision " + view.revision() + " of " + view.tenant() + ": "
                + (view.realized() ? "realized everywhere" : "realized by " + Sentences.realized(view))));
        TenantsRealization tenants = view.tenants();
        output.one(
                view,
                tenants == null
                        ? Table.of(view.vnics(), output.wide(), Tables.REALIZATION)
                        : Table.of(tenants.items(), output.wide(), Tables.ADOPTIONS));
    }
}
