package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How far the pre-copy of one vNIC is: pieces that were asked for, chunks that they were cut into, rounds. */
final class VnicCopy {
    final VnicId vnic;
    private final List<CopyRound> rounds = new ArrayList<>();
    /** Pieces that came before an earlier one, by their number: who asks twice may hear the second answer first. */
    private final Map<Integer, ExportedBatch> overtaking = new HashMap<>();

    private int asked;
    private int taken;
    private int chunks;

    // ---- of the round under way
    private boolean isExported;
    private long entries;
    private long removals;
    private long bytes;
    private long beganNanos;
    private long waitedNanos;
    private int pending;

    VnicCopy(VnicId vnic) {
        this.vnic = vnic;
    }

    void beginRound(long nowNanos) {
        isExported = false;
        entries = 0;
        removals = 0;
        bytes = 0;
        beganNanos = nowNanos;
        waitedNanos = 0;
    }

    /** So long nothing was sent because leave was awaited. */
    void waited(long nanos) {
        waitedNanos += nanos;
    }

    /** The number of the piece that is asked for now. */
    int ask() {
        return asked++;
    }

    /** Pieces that are being made. */
    int underWay() {
        return asked - taken - overtaking.size();
    }

    /** Pieces that wait for an earlier one. */
    int early() {
        return overtaking.size();
    }

    /** One that is not awaited, as a second answer, is thrown away. */
    void came(int piece, ExportedBatch batch) {
        if (piece >= taken && piece < asked) {
            overtaking.putIfAbsent(piece, batch);
        }
    }

    /** The next piece in the order in which they were asked for, or null: a later one replaces what an earlier one said of a connection. */
    @Nullable
    ExportedBatch takeNext() {
        ExportedBatch next = overtaking.remove(taken);
        if (next != null) {
            taken++;
            entries += next.entries();
            removals += next.removals();
            bytes += next.bytes();
            pending = next.pending();
            isExported |= next.endsRound();
        }
        return next;
    }

    int nextChunk() {
        return chunks++;
    }

    /** Whether all of the round is made. */
    boolean isExported() {
        return isExported;
    }

    boolean isFirstRound() {
        return rounds.isEmpty();
    }

    CopyRound lastRound() {
        return rounds.getLast();
    }

    /** However long a hypervisor takes, the receipt does not grow: what is sent while it is waited for belongs to the round before. */
    void endRound(long nowNanos, boolean isRefreshed) {
        CopyRound round = new CopyRound(entries, removals, bytes, nowNanos - beganNanos, pending, waitedNanos);
        rounds.add(isRefreshed ? rounds.removeLast().and(round) : round);
    }

    Precopied sent() {
        return new Precopied(chunks, rounds);
    }
}
