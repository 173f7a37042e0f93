package io.portcullis.migration;

import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.PreCopyInput;
import io.portcullis.migration.model.Refusal;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.VnicId;
import org.jspecify.annotations.Nullable;

/** What {@link PreCopySource}, which sends tables while their vNICs enforce, understands. */
public sealed interface PreCopyCommand {
    /** What comes from the destination's session. */
    sealed interface FromTarget extends PreCopyCommand, CborSerializable {
        String id();
    }

    /**
     * The destination has taken the chunk in.
     *
     * @param here what it has with that; null where it runs an earlier release
     */
    record Taken(
            String id, VnicId vnic, int sequence, @Nullable TableSum here) implements FromTarget {}

    /** The destination takes nothing of this migration. */
    record Refused(String id, Refusal refusal) implements FromTarget {}

    /** What comes from the agent and from the session itself. */
    sealed interface Local extends PreCopyCommand {}

    /**
     * Say again where it stands.
     *
     * @param awaitsTurn as of {@link AgentCommand.StartPreCopy}
     */
    record Report(boolean awaitsTurn) implements Local {}

    /** It is the migration's turn to be cut. */
    record TurnCame() implements Local {}

    /** The cut is ordered: send once more what has changed, and say what was sent. */
    record Finish() implements Local {}

    /** There will be no cut. */
    record Stop(Refusal refusal) implements Local {}

    /** The host's answer to the question for a piece of a table. */
    record Exported(PreCopyInput.Exported answer) implements Local {}

    /** One more chunk may be sent. */
    record Granted() implements Local {}

    /** Time to look whether anything moves. */
    record Tick() implements Local {}
}
