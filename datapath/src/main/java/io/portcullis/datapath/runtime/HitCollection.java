package io.portcullis.datapath.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Brings what a loop's vNICs have counted of rules to the {@link HitLedger}: some of those to which something happened between two bursts, so that frames do not wait
 * for it, and a vNIC at once before it leaves or gets other rules. On the loop's thread.
 */
final class HitCollection implements Procedure {
    /** vNICs that are asked between two bursts. */
    static final int VNICS_PER_STEP = 64;

    private final Loop loop;
    private final HitLedger ledger;
    private final HitLedger.Slip slip = new HitLedger.Slip();
    private final Queue<Vnic> left = new ArrayDeque<>();
    /** vNICs to which nothing happened after it have counted nothing that is not in the ledger. */
    private long taken = VnicChanges.BEGINNING;
    /** The same, once the round is over. */
    private long takenThen = VnicChanges.BEGINNING;

    private List<CompletableFuture<HitLedger>> served = new ArrayList<>();
    /** These came while vNICs were being asked, and are served by the next round. */
    private List<CompletableFuture<HitLedger>> waiting = new ArrayList<>();

    HitCollection(Loop loop, HitLedger ledger) {
        this.loop = loop;
        this.ledger = ledger;
    }

    HitLedger ledger() {
        return ledger;
    }

    /** Takes over what the vNIC has counted so far. */
    void take(Vnic vnic) {
        long now = loop.now();
        vnic.engine.drainHits(slip::note, now);
        ledger.add(vnic.id().tenant(), slip, now);
    }

    /** Completes once all that was counted before this call is in the ledger. */
    CompletableFuture<HitLedger> collect() {
        CompletableFuture<HitLedger> result = new CompletableFuture<>();
        waiting.add(result);
        if (served.isEmpty()) {
            begin();
            loop.begin(this);
        }
        return result;
    }

    private void begin() {
        served = waiting;
        waiting = new ArrayList<>();
        VnicChanges changes = loop.changes();
        left.addAll(changes.since(taken));
        // whose connections are looked at by and by, without a frame of theirs
        left.addAll(changes.aging());
        takenThen = changes.mark();
    }

    @Override
    public boolean step(long nowNanos) {
        for (int i = 0; i < VNICS_PER_STEP && !left.isEmpty(); i++) {
            Vnic vnic = left.remove();
            if (loop.vnic(vnic.id()) == vnic) {
                take(vnic); // one that has left has handed over what it counted
            }
        }
        if (left.isEmpty()) {
            end(null);
        }
        return true;
    }

    private void end(@Nullable DataPathException failure) {
        List<CompletableFuture<HitLedger>> done = served;
        served = List.of();
        taken = failure == null ? takenThen : taken;
        if (waiting.isEmpty() || failure != null) {
            loop.end(this);
        } else {
            begin();
        }
        for (CompletableFuture<HitLedger> result : done) {
            if (failure == null) {
                result.complete(ledger);
            } else {
                result.completeExceptionally(failure);
            }
        }
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
        fail(new DataPathException(DataPathException.Reason.CLOSED, "the data path is shut down"));
    }

    @Override
    public void breakOff() {
        fail(new DataPathException(
                DataPathException.Reason.CLOSED, "asking vNICs what they counted failed; the log has the details"));
    }

    private void fail(DataPathException why) {
        left.clear();
        served = new ArrayList<>(served);
        served.addAll(waiting);
        waiting = new ArrayList<>();
        end(why);
    }
}
