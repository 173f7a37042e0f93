package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import java.util.List;

/**
 * What a host carries, and whether it may carry more.
 *
 * @param maxVnics its limit ({@code portcullis.limits.max-vnics})
 * @param takesVms whether it is neither drained nor leaving
 */
public record HostRoom(HostId host, int maxVnics, boolean takesVms, List<VmLoad> vms) {
    public HostRoom {
        vms = List.copyOf(vms);
    }
}
