package io.portcullis.policy.compile;

import org.jspecify.annotations.Nullable;

/** A workload by number, with the groups that it is in. */
final class WorkloadNode {
    final int number;
    final VnicNode vnic;
    /** As the inventory has it now; its address stays the same. */
    Workload workload;
    /** Numbers of its groups. */
    final IntSet groups = new IntSet();
    /** All workloads with its address, itself included; null if it has no address. */
    final @Nullable IntSet sharers;
    /** Whether the groups that it may be in are being judged in this update. */
    boolean touched;

    WorkloadNode(int number, VnicNode vnic, Workload workload, @Nullable IntSet sharers) {
        this.number = number;
        this.vnic = vnic;
        this.workload = workload;
        this.sharers = sharers;
    }
}
