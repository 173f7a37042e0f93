package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.VnicId;
import org.jspecify.annotations.Nullable;

/** What can happen to a source that sends tables ahead of the cut: answers of its host and of the destination, orders, time. */
public sealed interface PreCopyInput {
    /** The first input, and only once. */
    record Started() implements PreCopyInput {}

    /**
     * The destination has taken the chunk in.
     *
     * @param here what it has with that; null where it runs an earlier release
     */
    record Taken(ChunkName chunk, @Nullable TableSum here) implements PreCopyInput {}

    /** The destination takes nothing of this migration. */
    record Refused(Refusal refusal) implements PreCopyInput {}

    /**
     * The placement wants to hear again where it stands.
     *
     * @param awaitsTurn whether there is to be no cut before it is the migration's turn: a placement that goes on at a node of an earlier release
     *     has it wait no more
     */
    record AskedAgain(boolean awaitsTurn) implements PreCopyInput {}

    /** Others are to be cut first. */
    record TurnPutOff() implements PreCopyInput {}

    /** It is the migration's turn to be cut. */
    record TurnCame() implements PreCopyInput {}

    /** The cut is ordered: send once more what has changed, and say what was sent. */
    record Finish() implements PreCopyInput {}

    /** There will be no cut. */
    record Stop(Refusal refusal) implements PreCopyInput {}

    /**
     * A piece of the vNIC's table; or it is refused.
     *
     * @param piece in the order in which they were asked for, from 0: answers may overtake each other
     */
    record Exported(
            VnicId vnic,
            int piece,
            @Nullable ExportedBatch batch,
            @Nullable Refusal refusal) implements PreCopyInput {}

    /** One more chunk may be sent. */
    record Granted() implements PreCopyInput {}

    /** Some time has passed: what is not answered is to be said again. */
    record Tick() implements PreCopyInput {}
}
