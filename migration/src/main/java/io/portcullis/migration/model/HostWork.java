package io.portcullis.migration.model;

import io.portcullis.policy.HostId;

/** What a host does for a VM without a session; each may be repeated. */
public sealed interface HostWork {
    /** The host enforces the VM from then on. */
    record Attach(long epoch) implements HostWork {}

    record Detach(long epoch) implements HostWork {}

    /** Detaches what is left of a migration to this host, so that it can promise never to activate it. */
    record Clear(String id, long epoch) implements HostWork {}

    /** The host enforces the VM again, whatever became of it. */
    record Reclaim(String id, long epoch) implements HostWork {}

    record Release(String id, long epoch, HostId movedTo, long targetEpoch) implements HostWork {}
}
