package io.portcullis.api;

import java.net.http.HttpRequest;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What a tenant was, is and would be; part of {@link PortcullisClient}, and as it. */
public final class TenantRevisions {
    private final Transport transport;
    private final String tenant;

    TenantRevisions(Transport transport, String tenant) {
        this.transport = transport;
        this.tenant = tenant;
    }

    /** What {@link PortcullisClient#apply(String, String, OptionalLong)} would do with these documents; all checks, no change. */
    public DryRunView dryRun(String documents, OptionalLong revision) {
        HttpRequest.Builder request = transport.documents(path("documents", "dry-run"), documents);
        revision.ifPresent(expected -> request.header("If-Match", "\"" + expected + "\""));
        return transport.parse(transport.send(request.build()), Transport.Shape.of(DryRunView.class));
    }

    /**
     * Documents of the tenant as a YAML stream that {@link PortcullisClient#apply(String, String)} takes.
     *
     * @param revision null for the present one
     * @param kind null for all kinds
     * @param name null for all of that kind
     */
    public String export(@Nullable Long revision, @Nullable String kind, @Nullable String name) {
        String query = Transport.query("revision", revision, "kind", kind, "name", name);
        return Transport.text(transport.send(transport
                .requestTo(path("documents") + query)
                .timeout(Transport.EXPORT_TIMEOUT)
                .GET()
                .build()));
    }

    /**
     * Revisions, newest first.
     *
     * @param before only those below this one; null for the newest
     */
    public HistoryView history(@Nullable Long before, int limit) {
        return transport.parse(
                transport.send(get(Transport.query("before", before, "limit", limit), "history")),
                Transport.Shape.of(HistoryView.class));
    }

    /** One revision, with the difference that it made. */
    public RevisionView get(long revision) {
        return transport.parse(
                transport.send(get("", "history", Long.toString(revision))), Transport.Shape.of(RevisionView.class));
    }

    /**
     * Makes a new revision out of an old one.
     *
     * @param expected the only revision from which it may be made
     */
    public ChangeView rollback(RollbackRequest rollback, OptionalLong expected) {
        return transport.parse(
                transport.send(post(rollback, expected, "rollback")), Transport.Shape.of(ChangeView.class));
    }

    /** What {@link #rollback} would do; all checks, no change. */
    public DryRunView dryRun(RollbackRequest rollback, OptionalLong expected) {
        return transport.parse(
                transport.send(post(rollback, expected, "rollback", "dry-run")), Transport.Shape.of(DryRunView.class));
    }

    private HttpRequest post(RollbackRequest rollback, OptionalLong expected, String... segments) {
        HttpRequest.Builder request = transport
                .requestTo(path(segments))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Transport.write(rollback)));
        expected.ifPresent(revision -> request.header("If-Match", "\"" + revision + "\""));
        return request.build();
    }

    private HttpRequest get(String query, String... segments) {
        return transport.requestTo(path(segments) + query).GET().build();
    }

    private String path(String... segments) {
        return Transport.path("v1", "tenants", tenant) + "/" + Transport.path(segments);
    }
}
