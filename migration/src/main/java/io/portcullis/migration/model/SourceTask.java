package io.portcullis.migration.model;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * What a source was told to do: hand a VM over.
 *
 * @param id of the migration
 * @param vnics all of the VM
 * @param epoch the source's own
 * @param targetEpoch what the destination activates with
 * @param reclaimEpoch what the source uses if the destination refuses the hand-over
 * @param targetHasRules whether every vNIC had rules at the destination when it was ready
 * @param chunkWindow chunks on their way without an acknowledgement, at most
 */
public record SourceTask(
        String id,
        VmId vm,
        List<VnicId> vnics,
        long epoch,
        long targetEpoch,
        long reclaimEpoch,
        boolean targetHasRules,
        int chunkWindow) {
    public SourceTask {
        vnics = List.copyOf(vnics);
    }
}
