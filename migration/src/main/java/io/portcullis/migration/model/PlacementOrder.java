package io.portcullis.migration.model;

import io.portcullis.policy.HostId;

/**
 * What a host must be told as long as the placement stands as it does. Every order is idempotent and is repeated until it
 * is answered; it is derived from the journaled state alone, so that a coordinator that restarts goes on where it was.
 */
public sealed interface PlacementOrder {
    HostId host();

    record Attach(HostId host) implements PlacementOrder {}

    record Detach(HostId host) implements PlacementOrder {}

    record PrepareTarget(HostId host) implements PlacementOrder {}

    /** Asks how far the cut-over is. A side that knows nothing of it answers with the promise never to take part. */
    record QueryCutover(HostId host) implements PlacementOrder {}

    record AbortTarget(HostId host) implements PlacementOrder {}

    record ReclaimSource(HostId host) implements PlacementOrder {}

    record ReleaseSource(HostId host) implements PlacementOrder {}
}
