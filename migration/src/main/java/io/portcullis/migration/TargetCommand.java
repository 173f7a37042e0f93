package io.portcullis.migration;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.migration.model.Refusal;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link TargetSession}, the destination's side of one migration, understands. */
public sealed interface TargetCommand {
    /** What comes from the source's session, on the large-message stream and therefore in order with the chunks. */
    sealed interface FromSource extends TargetCommand, CborSerializable {}

    /**
     * Before anything is cut: opens the streams between the two hosts, and has both sides load what a hand-over of this shape needs,
     * so that neither happens in the pause. A chunk without a place in any table follows it.
     */
    record Rehearse(String id, List<VnicHandover> like, ActorRef<SourceCommand> source) implements FromSource {}

    /** The source has sealed; chunks follow and are acknowledged to {@code source}. */
    record OpenTransfer(String id, ActorRef<SourceCommand> source) implements FromSource {}

    /** All state has been sent. May be sent again; the answer is always the same. */
    record Handover(String id, long epoch, List<VnicHandover> vnics, ActorRef<SourceCommand> source)
            implements FromSource {}

    /**
     * What the source hands over for one vNIC.
     *
     * @param chunks number of chunks sent, 0 for an empty table
     * @param policyRevision revision under which the source decided last; the destination must not activate below it
     * @param forwardedFrames frames sent through the data paths' tunnel before the seal
     */
    record VnicHandover(
            VnicId vnic,
            int chunks,
            int entries,
            long bytes,
            long digest,
            long policyRevision,
            long forwardedFrames,
            long freezeNanos) {}

    /** The source enforces again: nothing of the VM is needed here any more. */
    record SourceEnforces(String id) implements FromSource {}

    /** Give up unless activating has begun; either way, say so. See {@link AgentCommand.AbortTarget}. */
    record Abort(String why, boolean mayBeCut) implements TargetCommand, CborSerializable {}

    /** What comes from the agent and from the session itself. */
    sealed interface Local extends TargetCommand {}

    /** Say again where the migration stands. */
    record Report() implements Local {}

    record ChunkArrived(StateChunk chunk) implements Local {}

    /**
     * The host answered the admission.
     *
     * @param refusal null if the VM is attached and passive with rules of {@code policyRevision}
     */
    record Admitted(long policyRevision, @Nullable Refusal refusal) implements Local {}

    record CutoverExpected(
            VnicId vnic,
            @Nullable CutoverTarget target,
            @Nullable Refusal refusal) implements Local {}

    record Imported(
            VnicId vnic,
            @Nullable ImportReport report,
            @Nullable Refusal refusal) implements Local {}

    record Activated(
            VnicId vnic,
            @Nullable ActivationReport report,
            @Nullable Refusal refusal) implements Local {}

    /** After a failed activation: which vNICs enforce; null if even that is not known. */
    record LookedAt(@Nullable Set<VnicId> enforcing) implements Local {}

    /**
     * The host answered the order to forget the VM.
     *
     * @param refusal null if nothing of the VM is left here under the migration's epoch
     */
    record Cleared(@Nullable Refusal refusal) implements Local {}

    /** Time to report again, or to try again what was not answered. */
    record Tick() implements Local {}

    /** The source did not say that it enforces again: clear anyway. */
    record ClearNow() implements Local {}

    /** Nobody needs the session any more. */
    record End() implements Local {}
}
