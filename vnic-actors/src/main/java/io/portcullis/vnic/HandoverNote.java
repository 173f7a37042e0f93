package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.EpochNotes;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The note of one vNIC, written and removed off the actor's thread, in the order in which that was asked for. */
final class HandoverNote {
    private static final Logger LOG = LoggerFactory.getLogger(HandoverNote.class);

    private final VnicId vnic;
    private final EpochNotes notes;
    private final Executor blocking;
    /** What there was before the last one was written; on the executor only. */
    private volatile OptionalLong before = OptionalLong.empty();

    private CompletionStage<?> last = CompletableFuture.completedFuture(null);

    HandoverNote(VnicId vnic, EpochNotes notes, Executor blocking) {
        this.vnic = vnic;
        this.notes = notes;
        this.blocking = blocking;
    }

    /** Completes once the note is on disk; fails if it cannot be: then nothing may be handed over. */
    CompletionStage<Void> opened(long epoch) {
        return next(() -> {
            try {
                before = notes.open(vnic, epoch);
            } catch (IOException failed) {
                throw new UncheckedIOException("cannot note that " + vnic + " is handed over", failed);
            }
        });
    }

    private synchronized CompletionStage<Void> next(Runnable run) {
        CompletionStage<Void> done = last.handle((_, _) -> null).thenRunAsync(run, blocking);
        last = done;
        return done;
    }

    /**
     * The cut has failed, and the note is what it was before that. One that stays by mistake keeps the vNIC shut after a restart until its placement decides:
     * safe, but worth a warning.
     */
    private void takeBack() {
        next(() -> {
            try {
                notes.takeBack(vnic, before);
            } catch (IOException failed) {
                LOG.warn("the note on handing {} over is not removed", vnic, failed);
            }
        });
    }

    void takeBackIfEnforcing(VnicStatus status) {
        if (status.mode() == VnicMode.ENFORCING) {
            takeBack();
        }
    }
}
