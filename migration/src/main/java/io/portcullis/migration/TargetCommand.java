package io.portcullis.migration;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.migration.model.Refusal;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.VnicId;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link TargetSession}, the destination's side of one migration, understands. */
public sealed interface TargetCommand {
    /** What comes from the source's session, on the large-message stream and therefore in order with the chunks. */
    sealed interface FromSource extends TargetCommand, CborSerializable {}

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

    /** What comes from the agent and from the session itself. */
    sealed interface Local extends TargetCommand {}

    /** Say again where the migration stands. */
    record Report() implements Local {}

    /** Give up unless activating has begun; either way, say so. */
    record Abort(String why) implements Local {}

    /** @param bytes one chunk of the table of {@code vnic}, as the codec made it */
    record ChunkArrived(VnicId vnic, int sequence, byte[] bytes) implements Local {}

    /** @param refusal null if the VM is attached and passive with rules of {@code policyRevision} */
    record Admitted(long policyRevision, @Nullable Refusal refusal) implements Local {}

    record CutoverExpected(
            VnicId vnic,
            @Nullable CutoverTarget target,
            @Nullable Refusal refusal) implements Local {}

    record Imported(
            VnicId vnic,
            long entries,
            long digest,
            @Nullable Refusal refusal) implements Local {}

    record Activated(
            VnicId vnic,
            @Nullable ActivationReport report,
            @Nullable Refusal refusal) implements Local {}

    record Cleared(@Nullable Refusal refusal) implements Local {}

    record Timeout(int step) implements Local {}
}
