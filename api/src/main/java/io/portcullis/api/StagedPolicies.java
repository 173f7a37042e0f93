package io.portcullis.api;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.OptionalLong;

/** What a tenant has staged; part of {@link PortcullisClient}, and as it. */
public final class StagedPolicies {
    private final Transport transport;
    private final String tenant;

    StagedPolicies(Transport transport, String tenant) {
        this.transport = transport;
        this.tenant = tenant;
    }

    /** What is staged, and what it would have done. */
    public StagedView get() {
        HttpRequest request =
                transport.request("v1", "tenants", tenant, "staged").GET().build();
        return parse(request, StagedView.class);
    }

    /** Stages all policies of a text (YAML or JSON), all or none; what is enforced stays as it is. */
    public ChangeView stage(String documents, OptionalLong expected) {
        return parse(yaml(documents, expected, "staged"), ChangeView.class);
    }

    /** What {@link #stage} would do; all checks, no change. */
    public DryRunView tryToStage(String documents, OptionalLong expected) {
        return parse(yaml(documents, expected, "staged", "dry-run"), DryRunView.class);
    }

    /**
     * Has what is staged enforced, as one revision.
     *
     * @param names of policies; empty for everything that is staged
     */
    public ChangeView publish(List<String> names, OptionalLong expected) {
        return parse(json(names, expected, "staged", "publish"), ChangeView.class);
    }

    /** What {@link #publish} would do; all checks, no change. */
    public DryRunView tryToPublish(List<String> names, OptionalLong expected) {
        return parse(json(names, expected, "staged", "publish", "dry-run"), DryRunView.class);
    }

    /**
     * Forgets what is staged.
     *
     * @param names of policies; empty for everything that is staged
     */
    public ChangeView drop(List<String> names, OptionalLong expected) {
        return parse(json(names, expected, "staged", "drop"), ChangeView.class);
    }

    private HttpRequest yaml(String documents, OptionalLong expected, String... segments) {
        return guarded(transport.documents(path(segments), documents), expected);
    }

    private HttpRequest json(List<String> names, OptionalLong expected, String... segments) {
        String body = Transport.write(new StagedNames(names.isEmpty() ? null : names));
        return guarded(
                transport
                        .requestTo(path(segments))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)),
                expected);
    }

    private String path(String... segments) {
        return Transport.path("v1", "tenants", tenant) + "/" + Transport.path(segments);
    }

    private static HttpRequest guarded(HttpRequest.Builder request, OptionalLong expected) {
        expected.ifPresent(revision -> request.header("If-Match", "\"" + revision + "\""));
        return request.build();
    }

    private <T> T parse(HttpRequest request, Class<T> type) {
        return transport.parse(transport.send(request), Transport.Shape.of(type));
    }
}
