package io.portcullis.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A host.
 *
 * @param status {@code UP}, {@code UNREACHABLE} or {@code DOWN} (VMs are placed on it, but its node is not in the cluster)
 * @param problem why the live state is missing
 * @param counters of uplink and switch, frames
 */
public record HostView(
        String name,
        String status,
        @Nullable String address,
        boolean draining,
        List<String> vms,
        int vnics,
        @Nullable Integer maxVnics,
        long connections,
        Map<String, Long> counters,
        @Nullable String problem) {}
