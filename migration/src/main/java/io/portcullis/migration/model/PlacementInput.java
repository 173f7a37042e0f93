package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What can happen to a placement: orders of operators, answers of hosts, the passing of time. */
public sealed interface PlacementInput {
    /**
     * An operator, or a hypervisor that has started the VM, wants it attached.
     *
     * @param hostLost whether the host that has the VM now is no member of the cluster: then the VM is taken over from it
     */
    record AttachRequested(VmSpec spec, HostId host, String by, boolean hostLost) implements PlacementInput {}

    record DetachRequested(String by) implements PlacementInput {}

    /**
     * An operator, an operation or a hypervisor wants the VM moved.
     *
     * @param pace of the operation that it belongs to; null if to none
     */
    record MigrateRequested(
            String id,
            HostId to,
            String by,
            Mover mover,
            @Nullable Pace pace) implements PlacementInput {
        /** It belongs to no operation. */
        public MigrateRequested(String id, HostId to, String by, Mover mover) {
            this(id, to, by, mover, null);
        }

        /** The product moves the VM. */
        public MigrateRequested(String id, HostId to, String by) {
            this(id, to, by, Mover.PRODUCT, null);
        }
    }

    /**
     * The hypervisor has stopped the VM, to go on at the destination.
     *
     * @param ready whether the destination is known, so that the source can be told to hand over to it
     */
    record VmHasStopped(String id, boolean ready) implements PlacementInput {}

    record CancelRequested(String id, String by) implements PlacementInput {}

    /**
     * The host enforces.
     *
     * @param restored what a VM that was taken over began with; null for any other
     */
    record HostAttached(long epoch, @Nullable Restored restored) implements PlacementInput {
        /** Of a VM that was not taken over. */
        public HostAttached(long epoch) {
            this(epoch, null);
        }
    }

    /**
     * The host that enforces the VM says where it keeps a replica.
     *
     * @param from who says so
     * @param host null for nowhere
     * @param problem why nowhere
     */
    record ReplicaIsAt(
            HostId from,
            long epoch,
            @Nullable HostId host,
            @Nullable String problem) implements PlacementInput {}

    /** The host did not attach the VM and holds nothing of it under this epoch. */
    record HostRefusedAttach(long epoch, Refusal refusal) implements PlacementInput {}

    record HostDetached(long epoch) implements PlacementInput {}

    record TargetIsReady(String id, long policyRevision) implements PlacementInput {}

    /** The destination will never activate this migration: it refused, failed, or was told to give up. */
    record TargetGaveUp(String id, Refusal refusal) implements PlacementInput {}

    record PreCopyOrdered(String id) implements PlacementInput {}

    /**
     * The destination has nearly all of the connection tables, and the source still enforces.
     *
     * @param problem why more is left for the pause than was hoped for; null if that is not so
     * @param waitedSinceMillis wall clock when it began to wait for its turn to be cut, which has come; 0 if it did not wait
     */
    record SourceHasPreCopied(String id, @Nullable String problem, long waitedSinceMillis) implements PlacementInput {}

    /** The destination enforces: the commit point has passed. Both the destination and the source may say so. */
    record TargetHasActivated(String id, List<VnicTransfer> vnics, List<String> problems, Side by)
            implements PlacementInput {}

    /** The source enforces under its old epoch and will never seal for this migration. */
    record SourceKept(String id, Refusal refusal) implements PlacementInput {}

    /**
     * Nobody at the source goes on with the migration: a bug has stopped who did. Its vNICs enforce, or are cut and wait for an order; the destination may have
     * what it needs, or never will.
     */
    record SourceFailed(String id, Refusal refusal) implements PlacementInput {}

    /** The source enforces under the reclaim epoch. It does this only if the destination never will activate. */
    record SourceHasReclaimed(String id, Refusal refusal) implements PlacementInput {}

    record SourceHasReleased(String id) implements PlacementInput {}

    /** These hosts are no members of the cluster now. */
    record HostsLost(Set<HostId> hosts) implements PlacementInput {}

    /** The phase took longer than its limit. */
    record DeadlinePassed(PlacementPhase phase) implements PlacementInput {}
}
