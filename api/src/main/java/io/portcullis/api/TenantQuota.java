package io.portcullis.api;

import java.net.http.HttpRequest;
import java.util.OptionalLong;

/** What a tenant may have at most; part of {@link PortcullisClient}, and as it. */
public final class TenantQuota {
    private final Transport transport;
    private final String tenant;

    TenantQuota(Transport transport, String tenant) {
        this.transport = transport;
        this.tenant = tenant;
    }

    public QuotaView get() {
        return transport.parse(transport.send(request().GET().build()), Transport.Shape.of(QuotaView.class));
    }

    /**
     * Sets all limits; takes a token of the cluster with the role admin.
     *
     * @param expected the only revision at which they may be set
     */
    public ChangeView put(QuotaSpec quota, OptionalLong expected) {
        HttpRequest.Builder request = request()
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(Transport.write(quota)));
        expected.ifPresent(revision -> request.header("If-Match", "\"" + revision + "\""));
        return transport.parse(transport.send(request.build()), Transport.Shape.of(ChangeView.class));
    }

    private HttpRequest.Builder request() {
        return transport.request("v1", "tenants", tenant, "quota");
    }
}
