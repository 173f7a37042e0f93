package io.portcullis.migration;

import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.TargetInput;
import io.portcullis.migration.model.VnicHandover;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link TargetSession}, the destination's side of one migration, understands. */
public sealed interface TargetCommand {
    /** What comes from the source's session, on the large-message stream and therefore in order with the chunks. */
    sealed interface FromSource extends TargetCommand, CborSerializable {
        /** Id of the migration. */
        String id();
    }

    /**
     * Before anything is cut: opens the streams between the two hosts, and has both sides load what a hand-over of this shape needs,
     * so that neither happens in the pause. A chunk without a place in any table follows it.
     *
     * @param vmStopped whether the VM runs no more, so that the answer may not wait; an earlier release does not say
     */
    record Rehearse(String id, List<VnicHandover> like, ActorRef<SourceCommand> source, boolean vmStopped)
            implements FromSource {}

    /** The source sends the tables ahead of the cut; chunks follow and are acknowledged to {@code source}. */
    record OpenPreCopy(String id, ActorRef<PreCopyCommand> source) implements FromSource {}

    /** The source has sealed; chunks follow and are acknowledged to {@code source}. */
    record OpenTransfer(String id, ActorRef<SourceCommand> source) implements FromSource {}

    /** All state has been sent. May be sent again; the answer is always the same. */
    record Handover(String id, long epoch, List<VnicHandover> vnics, ActorRef<SourceCommand> source)
            implements FromSource {}

    /** The source enforces again: nothing of the VM is needed here any more. */
    record SourceEnforces(String id) implements FromSource {}

    /** Give up unless activating has begun; either way, say so. See {@link AgentCommand.AbortTarget}. */
    record Abort(String why, boolean mayBeCut) implements TargetCommand, CborSerializable {}

    /** What comes from the agent, the host and the session itself. */
    record Local(TargetInput input) implements TargetCommand {}

    /** It is the migration's turn to be cut, as far as this host goes. */
    record TurnCame() implements TargetCommand {}

    record ChunkArrived(StateChunk chunk) implements TargetCommand {}

    /** The host's answer to a chunk that was sent ahead of the cut, in this attempt of the source: what is here with it, or why it was not taken. */
    record TakenAhead(
            int attempt,
            VnicId vnic,
            int sequence,
            @Nullable TableSum here,
            @Nullable Refusal refusal) implements TargetCommand {}

    /** The host's answer to the order to keep what was sent ahead of the cut. */
    record KeptAhead(@Nullable Refusal refusal) implements TargetCommand {}

    /** The host's answer to the order to await the cut. */
    record CutoverExpected(
            VnicId vnic,
            @Nullable CutoverTarget target,
            @Nullable Refusal refusal) implements TargetCommand {}
}
