package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a tenant's revision has come, or one of the provider.
 *
 * @param revision that was asked for
 * @param current the newest revision
 * @param realized whether every attached vNIC enforces it; of the provider, whether that is so of every tenant
 * @param vnics none of the provider
 * @param tenants of the provider only
 */
public record RealizationView(
        String tenant,
        long revision,
        long current,
        boolean realized,
        List<VnicRealization> vnics,
        @Nullable TenantsRealization tenants) {
    /** Of a tenant. */
    public RealizationView(String tenant, long revision, long current, boolean realized, List<VnicRealization> vnics) {
        this(tenant, revision, current, realized, vnics, null);
    }
}
