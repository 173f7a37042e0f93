package io.portcullis.migration;

import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.persistence.CheckpointFile;
import io.portcullis.persistence.CheckpointHead;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what comes of connection tables ahead of their cut to this host's disk, as it comes: where the host is killed when it has just begun to enforce, it has written no checkpoint of its own
 * yet. A disk that fails costs this, and is in the log; never the migration. Thread-safe; the chunks of a vNIC are given in their order.
 */
final class ArrivingTables {
    private static final Logger LOG = LoggerFactory.getLogger(ArrivingTables.class);

    private final Checkpoints checkpoints;
    private final Executor blocking;
    private final Clock clock;
    private final Map<VnicId, Arriving> tables = new ConcurrentHashMap<>();

    /** @param blocking runs file work */
    ArrivingTables(Checkpoints checkpoints, Executor blocking, Clock clock) {
        this.checkpoints = checkpoints;
        this.blocking = blocking;
        this.clock = clock;
    }

    /**
     * Writes a chunk once the data path has it; chunk 0 begins anew.
     *
     * @param taken what the data path has then
     * @return the same, later; fails as that does
     */
    CompletionStage<TableSum> write(
            VnicId vnic, long epoch, int sequence, byte[] chunk, CompletionStage<TableSum> taken) {
        if (sequence == 0) {
            tables.put(vnic, new Arriving(vnic, epoch));
        }
        Arriving table = tables.get(vnic);
        return table == null || table.epoch != epoch ? taken : table.add(chunk, taken);
    }

    /** From then on a restart finds what has come of these vNICs. Nothing is written of one of which nothing came. Never fails. */
    CompletionStage<Void> keep(List<CheckpointHead> heads) {
        CompletionStage<Void> kept = CompletableFuture.completedFuture(null);
        for (CheckpointHead head : heads) {
            Arriving table = tables.remove(head.vnic());
            if (table != null && table.epoch == head.epoch()) {
                kept = kept.thenCombine(table.keep(head), (_, _) -> null);
            }
        }
        return kept;
    }

    /** They do not come. What was written goes with the rest that is there of them. */
    void forget(List<VnicId> vnics) {
        vnics.forEach(tables::remove);
    }

    /** One table. What concerns its file runs on the executor, one after the other. */
    private final class Arriving {
        private final VnicId vnic;
        private final long epoch;
        private @Nullable CheckpointFile file;
        private int entries;
        private boolean hasFailed;
        /** Of all that was asked for; never fails. */
        private CompletionStage<?> last = CompletableFuture.completedFuture(null);

        Arriving(VnicId vnic, long epoch) {
            this.vnic = vnic;
            this.epoch = epoch;
        }

        synchronized CompletionStage<TableSum> add(byte[] chunk, CompletionStage<TableSum> taken) {
            Instant came = clock.instant();
            CompletionStage<TableSum> written = last.thenCombine(taken, (_, here) -> here)
                    .thenApplyAsync(
                            here -> {
                                append(new SavedTable.Part(came, List.of(chunk)), here);
                                return here;
                            },
                            blocking);
            last = written.handle((_, _) -> null);
            return written;
        }

        synchronized CompletionStage<Void> keep(CheckpointHead head) {
            CompletionStage<Void> kept = last.thenRunAsync(() -> commit(head), blocking);
            last = kept;
            return kept;
        }

        private void append(SavedTable.Part part, TableSum here) {
            try {
                if (!hasFailed) {
                    file = file == null ? checkpoints.begin(vnic, epoch) : file;
                    file.add(part);
                    entries = here.entries();
                }
            } catch (IOException failed) {
                fail(failed);
            }
        }

        private void commit(CheckpointHead head) {
            try {
                if (!hasFailed && file != null) {
                    file.commitAhead(head, clock.instant(), entries);
                }
            } catch (IOException failed) {
                fail(failed);
            }
        }

        private void fail(IOException failed) {
            hasFailed = true;
            LOG.warn(
                    "what comes of {} is not on disk before it enforces here: {}",
                    vnic,
                    String.valueOf(failed.getMessage()));
        }
    }
}
