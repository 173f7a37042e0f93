package io.portcullis.cli;

import io.portcullis.api.document.Nearest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What can be got, described or deleted; plural, singular and short names all do. */
enum Kind {
    VMS("vms", "vm"),
    HOSTS("hosts", "host"),
    GROUPS("groups", "group"),
    POLICIES("policies", "policy"),
    STAGED_POLICIES("staged-policies", "staged-policy", "stagedpolicies", "stagedpolicy"),
    STAGED("staged", "shadow"),
    HITS("hits", "hit"),
    SEGMENTS("segments", "segment"),
    SERVICES("services", "service"),
    EXCLUSIONS("exclusions", "exclusion"),
    TENANTS("tenants", "tenant"),
    MIGRATIONS("migrations", "migration"),
    OPERATIONS("operations", "operation", "ops", "op"),
    CLUSTER("cluster", "members"),
    CONNECTIONS("connections", "connection", "conns"),
    RULES("rules", "rule"),
    REALIZATION("realization", "realized"),
    QUOTA("quota", "quotas");

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> names;

    Kind(String... names) {
        this.names = List.of(names);
    }

    /** As in addresses of the API. */
    String plural() {
        return names.getFirst();
    }

    String singular() {
        return names.get(1);
    }

    /** Whether one of many is meant, not something of which a tenant or the cluster has one. */
    boolean requiresName() {
        return switch (this) {
            case CLUSTER, REALIZATION, STAGED, HITS, QUOTA -> false;
            case VMS, HOSTS, GROUPS, POLICIES, STAGED_POLICIES, SEGMENTS, SERVICES, EXCLUSIONS -> true;
            case TENANTS, MIGRATIONS, OPERATIONS, CONNECTIONS, RULES -> true;
        };
    }

    /** Refuses what is only known as it is now. */
    void requireRevisions() {
        switch (this) {
            case GROUPS, POLICIES, STAGED_POLICIES, SEGMENTS, SERVICES, EXCLUSIONS -> {}
            case VMS, TENANTS ->
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "placements and counters of " + plural() + " are known for now only",
                        "their documents: portcullis export " + plural() + " --revision N");
            case HOSTS, MIGRATIONS, OPERATIONS, CLUSTER, CONNECTIONS, RULES, REALIZATION, STAGED, HITS, QUOTA ->
                throw new CommandFailure(ExitCode.USAGE, plural() + " have no revisions", null);
        }
    }

    /** What a document of this kind says it is. */
    String document() {
        return switch (this) {
            case VMS -> "Vm";
            case GROUPS -> "Group";
            case POLICIES -> "Policy";
            case STAGED_POLICIES -> "StagedPolicy";
            case SEGMENTS -> "Segment";
            case SERVICES -> "Service";
            case EXCLUSIONS -> "Exclusion";
            case TENANTS -> "Tenant";
            case HOSTS, MIGRATIONS, OPERATIONS, CLUSTER, CONNECTIONS, RULES, REALIZATION, STAGED, HITS, QUOTA ->
                throw new CommandFailure(
                        ExitCode.USAGE,
                        plural() + " have no documents",
                        "there are documents of tenant, segments, services, groups, vms, policies, staged-policies and"
                                + " exclusions");
        };
    }

    /** Reads what people write. */
    static final class Reader implements ITypeConverter<Kind> {
        @Override
        public Kind convert(String text) {
            List<String> all = new ArrayList<>();
            for (Kind kind : values()) {
                if (kind.names.contains(text.toLowerCase(Locale.ROOT))) {
                    return kind;
                }
                all.addAll(kind.names);
            }
            String hint = Nearest.to(text, all)
                    .map(nearest -> "did you mean " + nearest + "?")
                    .orElseGet(() -> "there are "
                            + String.join(
                                    ", ",
                                    Arrays.stream(values()).map(Kind::plural).toList()));
            throw new TypeConversionException("'" + text + "' is no kind of thing; " + hint);
        }
    }
}
