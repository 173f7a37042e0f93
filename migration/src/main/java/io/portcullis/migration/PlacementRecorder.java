package io.portcullis.migration;

import io.portcullis.migration.model.PlacementState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * Writes the journaled states of one placement to the directory and the log, one after the other, and remembers what to do when the
 * newest one is there. Used by its placement only.
 */
final class PlacementRecorder {
    private final ActorContext<PlacementCommand> context;
    private final PlacementRecords records;
    private final List<Runnable> whenWritten = new ArrayList<>();
    private CompletionStage<Void> last = CompletableFuture.completedFuture(null);
    private long sequence;
    private boolean written = true;
    private boolean failed;

    PlacementRecorder(ActorContext<PlacementCommand> context, PlacementRecords records) {
        this.context = context;
        this.records = records;
    }

    /** Ends in a {@link PlacementCommand.Recorded} to the placement. */
    void write(PlacementState state) {
        long mine = ++sequence;
        written = false;
        failed = false;
        last = last.handle((done, failure) -> null).thenCompose(ignored -> records.write(state));
        context.pipeToSelf(
                last,
                (done, failure) -> new PlacementCommand.Recorded(mine, failure == null ? null : failure.toString()));
    }

    /** To be run when the newest state is written, or could not be: what is decided is in the journal. */
    void then(Runnable action) {
        whenWritten.add(action);
    }

    /** Takes the result of a write; says whether it was that of the newest state. */
    boolean onRecorded(PlacementCommand.Recorded result) {
        if (result.sequence() != sequence) {
            return false;
        }
        written = result.failure() == null;
        failed = !written;
        if (failed) {
            context.getLog().warn("directory or migration log not written, trying again: {}", result.failure());
        }
        List.copyOf(whenWritten).forEach(Runnable::run);
        whenWritten.clear();
        return true;
    }

    boolean hasFailed() {
        return failed;
    }

    /** Whether the newest state is there; false while it is being written. */
    boolean isWritten() {
        return written;
    }
}
