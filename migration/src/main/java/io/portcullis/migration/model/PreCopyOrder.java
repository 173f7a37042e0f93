package io.portcullis.migration.model;

import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a source that sends tables ahead of the cut wants done. */
public sealed interface PreCopyOrder {
    /** Tells the destination who sends the tables: before the first chunk, and again where nothing moves. */
    record Open() implements PreCopyOrder {}

    /** Has the host make the next piece of a table: {@link PreCopyInput.Exported}. Number 0 begins its export anew. */
    record Export(VnicId vnic, int piece) implements PreCopyOrder {}

    /** Asks for leave to send one chunk: {@link PreCopyInput.Granted}. */
    record AskToSend() implements PreCopyOrder {}

    /** Gives one leave back: a chunk has arrived, or there is none to send. */
    record GiveBack() implements PreCopyOrder {}

    /** Sends the destination a chunk, for the first time or again. */
    record Send(StateChunk chunk) implements PreCopyOrder {}

    /** Asks for the migration's turn to be cut: {@link PreCopyInput.TurnCame}, at once or after {@link PreCopyInput.TurnPutOff}. */
    record AskTurn() implements PreCopyOrder {}

    /**
     * Tells the placement that what is left fits the pause, or that no further round makes it less.
     *
     * @param problem for the receipt, or null
     * @param waits whether it is not its turn to be cut yet
     * @param waitedNanos for its turn, so far or until it came; 0 if it did not wait
     */
    record SayPreCopied(@Nullable String problem, boolean waits, long waitedNanos) implements PreCopyOrder {}

    /** Counts that it is given up because its turn did not come in time. */
    record CountMissedTurn() implements PreCopyOrder {}

    // ---- the last order: no further input has an effect

    /** The cut may begin; the tables go on to note what changes. */
    record Cut(Map<VnicId, Precopied> sent) implements PreCopyOrder {
        public Cut {
            sent = Map.copyOf(sent);
        }
    }

    /** The destination has something else than was sent: all of it is to be sent once more, by another one of these. */
    record SendAnew(String why) implements PreCopyOrder {}

    /** There will be no cut: the tables note no changes any more. */
    record GiveUp(Refusal why) implements PreCopyOrder {}
}
