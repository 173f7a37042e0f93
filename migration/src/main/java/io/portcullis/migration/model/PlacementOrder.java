package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import org.jspecify.annotations.Nullable;

/**
 * What a host must be told as long as the placement stands as it does. Every order is idempotent and is repeated until it
 * is answered; it is derived from the journaled state alone, so that a coordinator that restarts goes on where it was.
 *
 * <p>{@code id} is that of the migration, {@code epoch} the one that the host has, gets or loses.
 */
public sealed interface PlacementOrder {
    HostId host();

    /**
     * The host enforces the VM from then on.
     *
     * @param takenFrom the lost host that had the VM; null if none had
     * @param replica where its connections are to be had; null if nowhere
     */
    record Attach(
            HostId host,
            long epoch,
            @Nullable HostId takenFrom,
            @Nullable ReplicaPlace replica) implements PlacementOrder {
        /** Of a VM that no host had. */
        public Attach(HostId host, long epoch) {
            this(host, epoch, null, null);
        }
    }

    record Detach(HostId host, long epoch) implements PlacementOrder {}

    record PrepareTarget(HostId host, String id, long epoch) implements PlacementOrder {}

    /** Given once only: nobody but who had the destination's last answer knows the secrets that the source needs. */
    record StartCutover(HostId host, String id, long epoch, long targetEpoch, long reclaimEpoch)
            implements PlacementOrder {}

    /** Asks how far the cut-over is. A side that knows nothing of it answers with the promise never to take part. */
    record QueryTarget(HostId host, String id, long epoch) implements PlacementOrder {}

    /** As {@link QueryTarget}. */
    record QuerySource(HostId host, String id, long epoch) implements PlacementOrder {}

    /**
     * Asks for the promise never to activate.
     *
     * @param mayBeCut whether the source may have begun to cut, so that it must enforce before the destination forgets the VM
     */
    record AbortTarget(HostId host, String id, long epoch, boolean mayBeCut) implements PlacementOrder {}

    record ReclaimSource(HostId host, String id, long reclaimEpoch) implements PlacementOrder {}

    record ReleaseSource(HostId host, String id, long epoch, HostId movedTo, long targetEpoch)
            implements PlacementOrder {}
}
