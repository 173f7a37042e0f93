package io.portcullis.migration;

import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@link SourceSession}, the source's side of one migration, understands. */
public sealed interface SourceCommand {
    /** What comes from the destination's session. */
    sealed interface FromTarget extends SourceCommand, CborSerializable {}

    /** The destination is ready for the hand-over; {@code like} has the shape of its later answer, and no meaning. */
    record Rehearsed(String id, List<VnicTransfer> like) implements FromTarget {}

    /** The chunk arrived whole. */
    record ChunkAcknowledged(String id, VnicId vnic, int sequence) implements FromTarget {}

    /** The destination enforces: the commit point has passed. */
    record HandoverAccepted(String id, List<VnicTransfer> vnics, List<String> problems) implements FromTarget {}

    /** The destination never will activate; the source may take the VM back. */
    record HandoverRefused(String id, Refusal refusal) implements FromTarget {}

    /** What comes from the agent and from the session itself. */
    sealed interface Local extends SourceCommand {}

    /** Say again where the migration stands. */
    record Report() implements Local {}

    /** The destination is known never to activate: enforce again under the reclaim epoch. */
    record Reclaim() implements Local {}

    /** The migration is committed: forget the VM. */
    record Release(HostId movedTo, long targetEpoch) implements Local {}

    /**
     * The own vNICs were looked at before anything is cut.
     *
     * @param refusal why that failed, or null
     */
    record LookedAt(boolean hasRules, @Nullable Refusal refusal) implements Local {}

    record CutOver(
            VnicId vnic,
            @Nullable SealedVnic sealed,
            @Nullable Refusal refusal) implements Local {}

    record Reclaimed(@Nullable Refusal refusal) implements Local {}

    record Released(@Nullable Refusal refusal) implements Local {}

    /** No acknowledgement for some time: send again. */
    record Tick() implements Local {}
}
