package io.portcullis.datapath.runtime;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.TableBatch;
import io.portcullis.datapath.track.TableExport;
import io.portcullis.datapath.track.TableSnapshot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A vNIC's table on its way to another host, or to disk. While the vNIC enforces, the loop copies some connections of it between two bursts, at
 * most {@link #SLOTS_PER_STEP}, and a {@link StateWorker} encodes what was copied; at the seal the rest follows. On the loop's thread.
 *
 * <p>From its begin to its {@link #close} the table notes what changes, and nothing else does.
 */
final class OutgoingTable implements Procedure {
    /** Connections that are copied between two bursts. */
    static final int SLOTS_PER_STEP = 256;
    /** Connections of a piece. */
    static final int BATCH_SLOTS = 16_384;
    /** Pieces that are asked for, collected or encoded at once; more are refused with {@link Reason#BUSY}. */
    static final int MAX_ASKED = 2;
    /** So much is encoded on the loop at the seal: handing it over would take longer. */
    static final int MOST_AT_ONCE = 2_048;

    /** One piece under way. */
    private static final class Asked {
        final TableBatch batch;
        final CompletableFuture<ExportedBatch> result = new CompletableFuture<>();
        boolean isBegun;
        long loopNanos;

        Asked(TableBatch batch) {
            this.batch = batch;
        }
    }

    private final Loop loop;
    private final Vnic vnic;
    private final StateWorker worker;
    private final TableExport export;
    /** The first one is being collected. */
    private final Queue<Asked> waiting = new ArrayDeque<>();

    private int encoding;
    private long piecesOut;
    private boolean isClosed;

    OutgoingTable(Loop loop, Vnic vnic, TableExport export, StateWorker worker) {
        this.loop = loop;
        this.vnic = vnic;
        this.worker = worker;
        this.export = export;
    }

    /** Whether the destination has something of it already. */
    boolean hasBegun() {
        return piecesOut > 0;
    }

    /** Whether a piece is under way. */
    boolean isBusy() {
        return encoding > 0 || !waiting.isEmpty();
    }

    /** What has to be sent yet, at most. */
    int pending() {
        return export.pending();
    }

    /** The next piece. Pieces are asked for, and have to be sent, in order. */
    CompletableFuture<ExportedBatch> next() {
        if (isClosed) {
            throw ended();
        }
        if (waiting.size() + encoding >= MAX_ASKED) {
            throw new DataPathException(Reason.BUSY, MAX_ASKED + " pieces of " + vnic.id() + " are under way already");
        }
        Asked asked = new Asked(loop.batches().take());
        if (waiting.isEmpty()) {
            loop.begin(this);
        }
        waiting.add(asked);
        piecesOut++;
        return asked.result;
    }

    /** All that is left of a table that stands still, with the whole table's count and digest. */
    CompletableFuture<TableSnapshot> rest() {
        if (export.pending() <= MOST_AT_ONCE) {
            TableExport.Round last = export.next(Integer.MAX_VALUE, loop.now());
            return CompletableFuture.completedFuture(whole(new ArrayList<>(last.chunks())));
        }
        return rest(new ArrayList<>());
    }

    private CompletableFuture<TableSnapshot> rest(List<byte[]> chunks) {
        return next().thenCompose(piece -> {
            chunks.addAll(piece.chunks());
            return piece.pending() > 0 ? rest(chunks) : CompletableFuture.completedFuture(whole(chunks));
        });
    }

    /** The next piece of a copy that is kept up to date; one at a time. */
    CompletableFuture<CopiedPiece> copyNext() {
        if (isBusy()) {
            throw new DataPathException(Reason.BUSY, "a piece of " + vnic.id() + " is under way already");
        }
        return next().thenApply(piece -> {
            List<byte[]> chunks = new ArrayList<>(piece.chunks());
            if (piece.endsRound()) {
                chunks.addAll(export.announced(loop.now()));
            }
            return new CopiedPiece(chunks, export.entries(), piece.endsRound());
        });
    }

    private TableSnapshot whole(List<byte[]> chunks) {
        chunks.addAll(export.announced(loop.now()));
        return new TableSnapshot(chunks, export.entries(), export.digest());
    }

    /** Nothing is noted any more; pieces under way fail. */
    void close() {
        if (!isClosed) {
            isClosed = true;
            export.close();
            while (!waiting.isEmpty()) {
                end(waiting.remove(), null);
            }
            loop.end(this);
        }
    }

    // ---- steps

    @Override
    public boolean step(long nowNanos) {
        if (export.isEnded()) {
            close(); // another table is in force now
            return true;
        }
        Asked asked = waiting.element();
        long begin = loop.now();
        if (!asked.isBegun) {
            asked.isBegun = true;
            export.beginBatch(asked.batch);
        }
        export.collect(asked.batch, SLOTS_PER_STEP, nowNanos);
        boolean endsRound = export.isRoundOver();
        asked.loopNanos += loop.now() - begin;
        if (endsRound || asked.batch.count() >= BATCH_SLOTS) {
            waiting.remove();
            if (waiting.isEmpty()) {
                loop.end(this);
            }
            encode(asked, endsRound);
        }
        return true;
    }

    private void encode(Asked asked, boolean endsRound) {
        encoding++;
        int pending = export.pending();
        worker.execute(() -> {
            ExportedBatch made;
            try {
                TableExport.Round round = export.encode(asked.batch);
                made = new ExportedBatch(
                        round.chunks(),
                        round.entries(),
                        round.removals(),
                        endsRound,
                        pending,
                        export.sum(),
                        asked.loopNanos);
            } catch (RuntimeException bug) {
                loop.execute(() -> {
                    loop.failures().report("encoding connections of " + vnic.id(), bug);
                    encoding--;
                    end(asked, null);
                });
                return;
            }
            loop.execute(() -> {
                encoding--;
                end(asked, made);
            });
        });
    }

    private void end(Asked asked, @Nullable ExportedBatch made) {
        loop.batches().giveBack(asked.batch);
        if (made == null || isClosed) {
            asked.result.completeExceptionally(ended());
        } else {
            asked.result.complete(made);
        }
    }

    private DataPathException ended() {
        return new DataPathException(Reason.WRONG_MODE, "the table of " + vnic.id() + " is exported no more");
    }

    @Override
    public long waitNanos(long nowNanos) {
        return 0;
    }

    @Override
    public boolean isDraining() {
        return false;
    }

    @Override
    public void abandon() {
        close();
    }

    @Override
    public void breakOff() {
        close();
    }
}
