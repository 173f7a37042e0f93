package io.portcullis.api;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a tenant's revision has come, or one of the provider.
 *
 * @param revision that was asked for
 * @param current the newest revision
 * @param realized whether every attached vNIC enforces it; of the provider, whether that is so of every tenant
 * @param vnics the first ones, pending ones before others; none of the provider
 * @param tenants of the provider only
 * @param attached how many vNICs there are, listed or not
 * @param pending how many of them do not enforce it
 */
public record RealizationView(
        String tenant,
        long revision,
        long current,
        boolean realized,
        List<VnicRealization> vnics,
        @Nullable TenantsRealization tenants,
        int attached,
        int pending) {
    public RealizationView {
        vnics = List.copyOf(vnics);
        // from nodes that list all, and count none
        attached = Math.max(attached, vnics.size());
        pending = Math.max(pending, pendingOf(vnics));
    }

    /** Of a tenant; with all its vNICs. */
    public RealizationView(String tenant, long revision, long current, boolean realized, List<VnicRealization> vnics) {
        this(tenant, revision, current, realized, vnics, null);
    }

    /** With all that there is. */
    public RealizationView(
            String tenant,
            long revision,
            long current,
            boolean realized,
            List<VnicRealization> vnics,
            @Nullable TenantsRealization tenants) {
        this(tenant, revision, current, realized, vnics, tenants, 0, 0);
    }

    private static int pendingOf(List<VnicRealization> vnics) {
        return (int) vnics.stream().filter(vnic -> !vnic.realized()).count();
    }

    /** With so many vNICs at most. */
    public RealizationView limitedTo(int count) {
        List<VnicRealization> first = vnics.stream()
                .sorted(Comparator.comparing(VnicRealization::realized))
                .limit(count)
                .toList();
        return new RealizationView(tenant, revision, current, realized, first, tenants, attached, pending);
    }
}
