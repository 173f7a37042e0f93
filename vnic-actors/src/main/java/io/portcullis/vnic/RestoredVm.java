package io.portcullis.vnic;

import io.portcullis.persistence.Checkpoint;
import io.portcullis.policy.VnicId;
import java.util.Map;

/**
 * A VM that this host has according to the directory.
 *
 * @param checkpoints what the local disk has of this stay of the VM here
 * @param enforce false if the host was handing the VM over when it stopped: then its placement decides who enforces
 */
public record RestoredVm(VmSpec spec, long epoch, Map<VnicId, Checkpoint> checkpoints, boolean enforce) {}
