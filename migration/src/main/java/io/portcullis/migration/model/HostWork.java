package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import org.jspecify.annotations.Nullable;

/** What a host does for a VM without a session; each may be repeated. */
public sealed interface HostWork {
    /** The host enforces the VM from then on; see {@link PlacementOrder.Attach}. */
    record Attach(
            long epoch,
            @Nullable HostId takenFrom,
            @Nullable ReplicaPlace replica) implements HostWork {
        /** Of a VM that no host had. */
        public Attach(long epoch) {
            this(epoch, null, null);
        }
    }

    /**
     * Sees to it that what the host has refused never is enforced here under that epoch, neither by a late order nor because the directory names it, nor after a
     * restart: only then is the refusal reported.
     */
    record GiveUp(Attach attach, Refusal why) implements HostWork {}

    record Detach(long epoch) implements HostWork {}

    /** Detaches what is left of a migration to this host, so that it can promise never to activate it. */
    record Clear(String id, long epoch) implements HostWork {}

    /** The host enforces the VM again, whatever became of it. */
    record Reclaim(String id, long epoch) implements HostWork {}

    record Release(String id, long epoch, HostId movedTo, long targetEpoch) implements HostWork {}
}
