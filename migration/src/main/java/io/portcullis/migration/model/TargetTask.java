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
 * @param activatesByItself whether vNICs enforce as soon as they have the source's word and table, without an order
 */
public record TargetTask(String id, VmId vm, List<VnicId> vnics, long epoch, boolean activatesByItself) {
    public TargetTask {
        vnics = List.copyOf(vnics);
    }

    /** One whose vNICs wait for orders. */
    public TargetTask(String id, VmId vm, List<VnicId> vnics, long epoch) {
        this(id, vm, vnics, epoch, false);
    }
}
