package io.portcullis.vnic;

import io.portcullis.persistence.Checkpoint;
import io.portcullis.policy.VnicId;
import java.util.Map;

/**
 * A VM that this host has according to the directory.
 *
 * @param checkpoints what the local disk has of this stay of the VM here
 * @param enforce false if the host has given up this epoch: it was handing the VM over when it stopped, or has let it go since, and the directory has not
 *     heard of that; then its placement decides who enforces
 * @param wasComing whether the host had not heard that the VM was here to stay when it stopped: the checkpoints may be of a time when another host enforced it
 */
public record RestoredVm(
        VmSpec spec, long epoch, Map<VnicId, Checkpoint> checkpoints, boolean enforce, boolean wasComing) {}
