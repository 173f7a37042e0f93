package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a tenant is with the provider's policies.
 *
 * @param adopted revision of the provider whose policies are part of the tenant's model; 0 for none yet
 * @param revision of the tenant that brought them, or a later one
 * @param realized whether every attached vNIC of the tenant enforces that revision or a later one
 * @param pendingSince since when that is known not to be so; null if it is so, or not known yet
 * @param lagging hosts with vNICs that do not enforce it, at most {@link #MAX_HOSTS}, ascending
 * @param problem why the tenant does not take newer policies, or nobody knows; null for none
 */
public record TenantAdoption(
        TenantId tenant,
        long adopted,
        long revision,
        boolean realized,
        @Nullable Instant pendingSince,
        List<HostId> lagging,
        @Nullable String problem) {
    /** Hosts that are named. */
    static final int MAX_HOSTS = 20;

    public TenantAdoption {
        lagging = List.copyOf(lagging);
    }

    /** Of a tenant that has said nothing. */
    static TenantAdoption unheard(TenantId tenant, Instant since, String why) {
        return new TenantAdoption(tenant, 0, 0, false, since, List.of(), why);
    }

    TenantAdoption pending(@Nullable Instant since, @Nullable String why) {
        return new TenantAdoption(tenant, adopted, revision, false, since, lagging, why);
    }
}
