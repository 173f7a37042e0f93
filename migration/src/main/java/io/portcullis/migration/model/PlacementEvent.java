package io.portcullis.migration.model;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is journaled of a placement. {@code atMillis} is wall clock, for people; no decision depends on it. */
public sealed interface PlacementEvent extends CborSerializable {
    long atMillis();

    /**
     * A host is told to attach the VM.
     *
     * @param takenFrom the lost host that had the VM under an epoch that is void from now on; null if it was attached nowhere
     * @param replica where its connections are to be had; null if nowhere, and in journals from before there were replicas
     */
    record AttachStarted(
            VmSpec spec,
            HostId host,
            long epoch,
            String by,
            long atMillis,
            @Nullable HostId takenFrom,
            @Nullable ReplicaPlace replica)
            implements PlacementEvent {
        /** Without a replica. */
        public AttachStarted(
                VmSpec spec, HostId host, long epoch, String by, long atMillis, @Nullable HostId takenFrom) {
            this(spec, host, epoch, by, atMillis, takenFrom, null);
        }

        /** Of a VM that was attached nowhere. */
        public AttachStarted(VmSpec spec, HostId host, long epoch, String by, long atMillis) {
            this(spec, host, epoch, by, atMillis, null);
        }
    }

    /**
     * The host enforces.
     *
     * @param restored what a VM that was taken over began with; null for any other, and in journals from before there were replicas
     */
    record VmAttached(long epoch, long atMillis, @Nullable Restored restored) implements PlacementEvent {
        /** Of a VM that began with nothing, as it should. */
        public VmAttached(long epoch, long atMillis) {
            this(epoch, atMillis, null);
        }
    }

    /**
     * Another host has a replica of the VM, or none has.
     *
     * @param host null for none
     * @param problem why none has; null if one has
     */
    record ReplicaAssigned(
            long epoch, @Nullable HostId host, @Nullable String problem, long atMillis) implements PlacementEvent {}

    /** The host refused, nothing is left there. */
    record AttachRefused(Refusal refusal, long atMillis) implements PlacementEvent {}

    record DetachStarted(String by, long atMillis) implements PlacementEvent {}

    /**
     * No host has it any more.
     *
     * @param unconfirmed the host that had it, if it is lost and did not say that it let go; null otherwise, and in what earlier builds stored
     */
    record VmDetached(long atMillis, @Nullable HostId unconfirmed) implements PlacementEvent {
        /** As it should be: its host has let go. */
        public VmDetached(long atMillis) {
            this(atMillis, null);
        }
    }

    /**
     * The destination may get {@code epoch}; the source may take the VM back with {@code reclaimEpoch}, which ends {@code epoch}.
     *
     * @param pace of the operation that it belongs to; null if to none, and in journals from before operations had one
     */
    record MigrationReserved(
            String id,
            HostId to,
            long epoch,
            long reclaimEpoch,
            String by,
            long atMillis,
            Mover mover,
            @Nullable Pace pace)
            implements PlacementEvent {
        public MigrationReserved {
            // of journals from before hypervisors could move VMs
            mover = mover == null ? Mover.PRODUCT : mover;
        }

        /** Of no operation. */
        public MigrationReserved(
                String id, HostId to, long epoch, long reclaimEpoch, String by, long atMillis, Mover mover) {
            this(id, to, epoch, reclaimEpoch, by, atMillis, mover, null);
        }
    }

    record TargetPrepared(String id, long policyRevision, long atMillis) implements PlacementEvent {}

    /** The source was told to send the connection tables while it enforces. */
    record PreCopyStarted(String id, long atMillis) implements PlacementEvent {}

    /**
     * The destination has nearly all of the tables, and the hypervisor may stop the VM.
     *
     * @param problem why more is left for the pause than was hoped for; null if that is not so
     */
    record StopAwaited(String id, @Nullable String problem, long atMillis) implements PlacementEvent {}

    /** The hypervisor has stopped the VM before the destination had nearly all of the tables, or could be told to cut: that follows at once. */
    record VmStopped(String id, long atMillis) implements PlacementEvent {}

    /**
     * From here on the source may seal at any time.
     *
     * @param problem why more is left for the pause than was hoped for; null if that is not so
     * @param waitedSinceMillis when the source began to wait for its turn to be cut; 0 if it did not wait, and in journals from before there were turns
     */
    record CutoverStarted(String id, @Nullable String problem, long atMillis, long waitedSinceMillis)
            implements PlacementEvent {}

    record MigrationCommitted(String id, List<VnicTransfer> vnics, List<String> problems, long atMillis)
            implements PlacementEvent {
        public MigrationCommitted {
            vnics = List.copyOf(vnics);
            problems = List.copyOf(problems);
        }
    }

    /**
     * The source let the VM go.
     *
     * @param confirmed whether the source said so itself; otherwise its host is lost or silent, and the epoch fences it
     */
    record SourceReleased(String id, boolean confirmed, long atMillis) implements PlacementEvent {}

    /**
     * The destination must not activate any more; if it already has, the migration commits after all.
     *
     * @param reclaim whether the source may have sealed, so that it needs the reclaim epoch
     */
    record RollbackStarted(String id, Refusal refusal, boolean reclaim, boolean cancelled, long atMillis)
            implements PlacementEvent {}

    /**
     * The destination never will activate.
     *
     * @param confirmed whether the destination promised it itself; otherwise its host is lost
     */
    record TargetAborted(String id, boolean confirmed, long atMillis) implements PlacementEvent {}

    /**
     * The source enforces, under {@code epoch}.
     *
     * @param confirmed whether the source said that it enforces; otherwise its host is down and will resume from the directory
     */
    record MigrationRolledBack(String id, long epoch, boolean confirmed, long atMillis) implements PlacementEvent {}
}
