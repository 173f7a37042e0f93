package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What can happen to the destination of a migration: answers of its host, what the source sends, orders of the placement, time. */
public sealed interface TargetInput {
    /** The first input, and only once. */
    record Started() implements TargetInput {}

    /**
     * The host answered the admission.
     *
     * @param refusal null if the VM is attached and passive with rules of {@code policyRevision}
     */
    record Admitted(long policyRevision, @Nullable Refusal refusal) implements TargetInput {}

    /**
     * A data path awaits the cut.
     *
     * @param refusal why it does not, or null
     */
    record CutoverExpected(VnicId vnic, @Nullable Refusal refusal) implements TargetInput {}

    /** The source tries the way, with a hand-over that means nothing. */
    record Rehearse(List<VnicHandover> like) implements TargetInput {}

    record ChunkArrived(StateChunk chunk) implements TargetInput {
        ChunkName name() {
            return new ChunkName(chunk.vnic(), chunk.sequence());
        }
    }

    /** All state has been sent. May come again; the answer is always the same. */
    record Handover(long epoch, List<VnicHandover> vnics) implements TargetInput {}

    /** A vNIC enforces, without having been told to; or it will not by itself. Exactly one of activation and refusal is there. */
    record SelfActivated(
            VnicId vnic,
            @Nullable SelfActivation activation,
            @Nullable Refusal refusal) implements TargetInput {}

    /** A vNIC waits for orders, or enforces already; null if the host does not say. */
    record Disarmed(VnicId vnic, @Nullable Boolean enforces) implements TargetInput {}

    /** Whether a table was taken; exactly one of report and refusal is there. */
    record Imported(
            VnicId vnic,
            @Nullable ImportReport report,
            @Nullable Refusal refusal) implements TargetInput {}

    /** Whether a vNIC enforces; exactly one of report and refusal is there. */
    record Activated(
            VnicId vnic,
            @Nullable ActivationReport report,
            @Nullable Refusal refusal) implements TargetInput {}

    /** After a failed activation: which vNICs enforce; null if even that is not known. */
    record LookedAt(@Nullable Set<VnicId> enforcing) implements TargetInput {}

    /**
     * Give up unless activating has begun; either way, say so.
     *
     * @param mayBeCut whether the source may have begun to cut, so that frames may wait here
     */
    record Abort(String why, boolean mayBeCut) implements TargetInput {}

    /** The source enforces again: nothing of the VM is needed here any more. */
    record SourceEnforces() implements TargetInput {}

    /** The source did not say that it enforces again: clear anyway. */
    record ClearNow() implements TargetInput {}

    /**
     * The host answered the order to forget the VM.
     *
     * @param refusal null if nothing of the VM is left here under the migration's epoch
     */
    record Cleared(@Nullable Refusal refusal) implements TargetInput {}

    /** Say again where the migration stands. */
    record Report() implements TargetInput {}

    /** Some time has passed: what is not answered is to be said again. */
    record Tick() implements TargetInput {}

    /** Nobody needs to hear of it any more. */
    record End() implements TargetInput {}
}
