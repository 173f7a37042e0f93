package io.portcullis.datapath.runtime;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.ImportResult;
import io.portcullis.datapath.track.TableImport;
import io.portcullis.datapath.track.TableSnapshot;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

    /** Takes in the chunk number {@code sequence}, which must be the next one. */
    CompletableFuture<@Nullable Void> add(int sequence, byte[] chunk) {
        if (isClosed || sequence != next) {
            throw new DataPathException(
                    Reason.WRONG_MODE, "chunk " + sequence + " of " + vnic.id() + " is not the next one, " + next);
        }
        next++;
        work(chunk);
        return last.thenApply(result -> {
            require(result);
            return null;
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
            adopt(result, rest);
            return CompletableFuture.completedFuture(null);
        }
        chunks.forEach(this::work);
        return last.thenApply(result -> {
            adopt(result, rest);
            return null;
        });
    }

    private void work(byte[] chunk) {
        CompletableFuture<ImportResult> result = new CompletableFuture<>();
        last = result;
        working++;
        loop.stateWorker().execute(() -> {
            ImportResult outcome = taken.add(chunk, loop.now());
            loop.execute(() -> {
                working--;
                result.complete(outcome);
            });
        });
    }

    private void adopt(ImportResult result, TableSnapshot rest) {
        if (isClosed) {
            throw new DataPathException(Reason.WRONG_MODE, "what came of " + vnic.id() + " was given up");
        }
        require(result);
        vnic.engine.adopt(taken, rest.entries(), rest.digest(), loop.now());
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
