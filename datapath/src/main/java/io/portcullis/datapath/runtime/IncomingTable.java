package io.portcullis.datapath.runtime;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.ImportResult;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableImport;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.datapath.track.TableSum;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Another host's table on its way into a vNIC that enforces nothing yet. The {@link StateWorker} takes chunks in, beside the vNIC's own
 * table, which the whole replaces in the end; a last few are taken in on the loop at once. Called on the loop's thread.
 */
final class IncomingTable {
    /** So many bytes are taken in on the loop: handing them over would take longer. */
    private static final long MOST_BYTES_AT_ONCE = 32 * 1024;

    private final Loop loop;
    private final Vnic vnic;
    private final TableImport taken;
    private int next;
    /** Chunks that the worker has not taken in yet. */
    private int working;
    /** Of the last one. */
    private CompletableFuture<ImportResult> last = CompletableFuture.completedFuture(ImportResult.IMPORTED);

    private boolean isClosed;

    IncomingTable(Loop loop, Vnic vnic) {
        this.loop = loop;
        this.vnic = vnic;
        this.taken = vnic.engine.beginImport();
    }

    /** Takes in the chunk number {@code sequence}, which must be the next one; says what is here then. */
    CompletableFuture<TableSum> add(int sequence, byte[] chunk) {
        if (isClosed || sequence != next) {
            throw new DataPathException(
                    Reason.WRONG_MODE, "chunk " + sequence + " of " + vnic.id() + " is not the next one, " + next);
        }
        next++;
        CompletableFuture<TableSum> sum = new CompletableFuture<>();
        work(() -> {
            ImportResult result = taken.add(chunk, loop.now());
            sum.complete(taken.sum());
            return result;
        });
        return last.thenCombine(sum, (result, here) -> {
            require(result);
            return here;
        });
    }

    /** How many chunks came. */
    int chunks() {
        return next;
    }

    /** Takes in the last chunks, and replaces the vNIC's table by what came, if that is all. */
    CompletableFuture<@Nullable Void> finish(int firstSequence, TableSnapshot rest) {
        if (firstSequence != next) {
            throw new DataPathException(
                    Reason.BAD_SNAPSHOT, next + " chunks of " + vnic.id() + " came before, not " + firstSequence);
        }
        if (rest.entries() > vnic.engine.maxConnections()) {
            throw refusal(ImportResult.OVER_CAPACITY);
        }
        List<byte[]> chunks = rest.chunks();
        next += chunks.size();
        if (working == 0 && rest.bytes() <= MOST_BYTES_AT_ONCE) {
            ImportResult result = last.join();
            for (byte[] chunk : chunks) {
                result = result == ImportResult.IMPORTED ? taken.add(chunk, loop.now()) : result;
            }
            adopt(result, rest.entries(), rest.digest());
            return CompletableFuture.completedFuture(null);
        }
        chunks.forEach(this::work);
        return last.thenApply(result -> {
            adopt(result, rest.entries(), rest.digest());
            return null;
        });
    }

    /**
     * Replaces the vNIC's table by that of a checkpoint of this host, whose connections went on since: they are as much older as it is, and TCP windows are
     * learned anew.
     */
    CompletableFuture<@Nullable Void> restore(SavedTable saved, Instant now) {
        if (saved.entries() > vnic.engine.maxConnections()) {
            throw refusal(ImportResult.OVER_CAPACITY);
        }
        for (SavedTable.Part part : saved.parts()) {
            long ageNanos = part.ageNanos(now);
            part.chunks().forEach(chunk -> work(() -> taken.add(chunk, loop.now() - ageNanos)));
        }
        work(() -> {
            taken.resume();
            return ImportResult.IMPORTED;
        });
        return last.thenApply(result -> {
            adopt(result, saved.entries(), saved.digest().orElse(taken.digest()));
            return null;
        });
    }

    private void work(byte[] chunk) {
        work(() -> taken.add(chunk, loop.now()));
    }

    /** Answers what came of it, or of the first of those before that failed. */
    private void work(Supplier<ImportResult> work) {
        CompletableFuture<ImportResult> before = last;
        CompletableFuture<ImportResult> result = new CompletableFuture<>();
        last = result;
        working++;
        loop.stateWorker().execute(() -> {
            ImportResult outcome = work.get();
            loop.execute(() -> {
                working--;
                ImportResult earlier = before.join();
                result.complete(earlier == ImportResult.IMPORTED ? outcome : earlier);
            });
        });
    }

    private void adopt(ImportResult result, int entries, long digest) {
        if (isClosed) {
            throw new DataPathException(Reason.WRONG_MODE, "what came of " + vnic.id() + " was given up");
        }
        require(result);
        vnic.engine.adopt(taken, entries, digest, loop.now());
        isClosed = true;
    }

    private void require(ImportResult result) {
        if (result != ImportResult.IMPORTED) {
            throw refusal(result);
        }
    }

    private DataPathException refusal(ImportResult result) {
        return new DataPathException(
                result == ImportResult.OVER_CAPACITY ? Reason.CAPACITY : Reason.BAD_SNAPSHOT,
                "connections for " + vnic.id() + " refused: " + result + " (limit " + vnic.engine.maxConnections()
                        + ")");
    }

    /** Forgets what came and was not adopted. */
    void close() {
        if (!isClosed) {
            isClosed = true;
            loop.stateWorker().execute(taken::close);
        }
    }
}
