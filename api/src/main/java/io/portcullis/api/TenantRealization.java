package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far one tenant is with the provider's policies.
 *
 * @param adopted revision of the provider that the tenant has; one that changes none of its policies is not adopted
 * @param revision of the tenant that brought it, or a later one
 * @param realized whether every attached vNIC of the tenant enforces that
 * @param pendingSince if it is pending: since when that is known, ISO 8601 in UTC
 * @param laggingHosts some of the hosts whose vNICs are behind
 * @param problem why it is pending, where it is not for its hosts
 */
public record TenantRealization(
        String tenant,
        long adopted,
        long revision,
        boolean realized,
        @Nullable String pendingSince,
        List<String> laggingHosts,
        @Nullable String problem) {}
