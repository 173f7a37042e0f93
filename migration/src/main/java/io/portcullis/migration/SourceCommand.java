package io.portcullis.migration;

import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SourceInput;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.VnicId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@link SourceSession}, the source's side of one migration, understands. */
public sealed interface SourceCommand {
    /** What comes from the destination's session. */
    sealed interface FromTarget extends SourceCommand, CborSerializable {
        /** Id of the migration. */
        String id();
    }

    /** The destination is ready for the hand-over; {@code like} has the shape of its later answer, and no meaning. */
    record Rehearsed(String id, List<VnicTransfer> like) implements FromTarget {}

    /** The chunk arrived whole. */
    record ChunkAcknowledged(String id, VnicId vnic, int sequence) implements FromTarget {}

    /** The destination enforces: the commit point has passed. */
    record HandoverAccepted(String id, List<VnicTransfer> vnics, List<String> problems) implements FromTarget {}

    /** The destination never will activate; the source may take the VM back. */
    record HandoverRefused(String id, Refusal refusal) implements FromTarget {}

    /** What comes from the agent, the host and the session itself. */
    record Local(SourceInput input) implements SourceCommand {}

    /** The host's answer to the order to cut over. */
    record CutOver(
            VnicId vnic,
            @Nullable SealedVnic sealed,
            @Nullable Refusal refusal) implements SourceCommand {}
}
