package io.portcullis.admin.http;

import io.portcullis.policy.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * Who asks.
 *
 * @param name for records of what was done
 * @param tenant the only tenant that there is for it; null for the whole cluster
 */
public record Principal(String name, Role role, @Nullable TenantId tenant) {
    /** Who needs no token. */
    public static final Principal ANYONE = new Principal("", Role.VIEWER, null);

    public boolean may(Role needed) {
        return role.compareTo(needed) >= 0;
    }

    public boolean sees(TenantId other) {
        return tenant == null || tenant.equals(other);
    }
}
