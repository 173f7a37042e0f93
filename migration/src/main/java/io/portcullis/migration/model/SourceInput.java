package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can happen to the source of a migration: answers of its host and of the destination, orders of the placement, time. */
public sealed interface SourceInput {
    /** The first input, and only once. */
    record Started() implements SourceInput {}

    /**
     * The own vNICs were looked at before anything is cut.
     *
     * @param refusal why that failed, or null
     */
    record LookedAt(boolean hasRules, @Nullable Refusal refusal) implements SourceInput {}

    /** The destination is ready for the hand-over. */
    record Rehearsed() implements SourceInput {}

    /** A vNIC has sealed; or it was refused, and it enforces as before, unless the refusal is silence. */
    record CutOver(
            VnicId vnic,
            @Nullable VnicHandover sealed,
            @Nullable Refusal refusal) implements SourceInput {}

    /** The chunk arrived whole. */
    record ChunkAcknowledged(ChunkName chunk) implements SourceInput {}

    /** The destination enforces: the commit point has passed. */
    record HandoverAccepted(List<VnicTransfer> vnics, List<String> problems) implements SourceInput {}

    /** The destination never will activate; the source may take the VM back. */
    record HandoverRefused(Refusal refusal) implements SourceInput {}

    /** The destination is known never to activate: enforce again under the reclaim epoch. */
    record Reclaim() implements SourceInput {}

    /**
     * The host enforces again.
     *
     * @param refusal why it does not yet, or null
     */
    record Reclaimed(@Nullable Refusal refusal) implements SourceInput {}

    /** The migration is committed: forget the VM. */
    record Release(HostId movedTo, long targetEpoch) implements SourceInput {}

    /**
     * The host has let go.
     *
     * @param refusal why it has not yet, or null
     */
    record Released(@Nullable Refusal refusal) implements SourceInput {}

    /** Say again where the migration stands. */
    record Report() implements SourceInput {}

    /** Some time has passed: what is not answered is to be said again. */
    record Tick() implements SourceInput {}
}
