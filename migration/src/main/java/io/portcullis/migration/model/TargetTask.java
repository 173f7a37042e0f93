package io.portcullis.migration.model;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * What a destination was told to do: take a VM over.
 *
 * @param id of the migration
 * @param vnics all of the VM
 * @param epoch what the destination activates with
 */
public record TargetTask(String id, VmId vm, List<VnicId> vnics, long epoch) {
    public TargetTask {
        vnics = List.copyOf(vnics);
    }
}
