package io.portcullis.datapath.runtime;

import io.portcullis.policy.VnicId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Tells how many vNICs are: some of them between two bursts, so that frames do not wait for it, one question after the other. On the loop's thread.
 */
final class StatusCollection implements Procedure {
    /** vNICs that are looked at between two bursts. */
    static final int VNICS_PER_STEP = 64;

    /** A question; {@code next} is the place of the first of the vNICs that is not looked at yet. */
    private static final class Look {
        private final List<Vnic> vnics;
        private final long mark;
        private final List<VnicStatus> found;
        private final CompletableFuture<VnicNews> result = new CompletableFuture<>();
        private int next;

        private Look(List<Vnic> vnics, long mark) {
            this.vnics = vnics;
            this.mark = mark;
            found = new ArrayList<>(vnics.size());
        }
    }

    private final Loop loop;
    private final Queue<Look> waiting = new ArrayDeque<>();

    StatusCollection(Loop loop) {
        this.loop = loop;
    }

    /** All; also those that come while others are looked at. */
    CompletableFuture<List<VnicStatus>> all() {
        return changedSince(VnicChanges.BEGINNING).thenApply(this::withNewcomers);
    }

    private List<VnicStatus> withNewcomers(VnicNews news) {
        List<Vnic> since = loop.changes().since(news.mark());
        if (since.isEmpty()) {
            return news.vnics();
        }
        Set<VnicId> known = new HashSet<>();
        news.vnics().forEach(status -> known.add(status.vnic()));
        List<VnicStatus> all = new ArrayList<>(news.vnics());
        for (Vnic vnic : since) {
            if (known.add(vnic.id())) {
                all.add(vnic.status());
            }
        }
        return all;
    }

    CompletableFuture<VnicNews> changedSince(long mark) {
        VnicChanges changes = loop.changes();
        Look look = new Look(changes.since(mark), changes.mark());
        if (waiting.isEmpty() && goOn(look)) {
            return look.result;
        }
        if (waiting.isEmpty()) {
            loop.begin(this);
        }
        waiting.add(look);
        return look.result;
    }

    /** Answers whether the question is answered. */
    private boolean goOn(Look look) {
        int end = Math.min(look.vnics.size(), look.next + VNICS_PER_STEP);
        for (; look.next < end; look.next++) {
            Vnic vnic = look.vnics.get(look.next);
            if (loop.vnic(vnic.id()) == vnic) {
                look.found.add(vnic.status());
            }
        }
        if (look.next < look.vnics.size()) {
            return false;
        }
        look.result.complete(new VnicNews(look.mark, look.found, loop.vnicCount()));
        return true;
    }

    @Override
    public boolean step(long nowNanos) {
        if (goOn(waiting.element())) {
            next();
        }
        return true;
    }

    private Look next() {
        Look first = waiting.remove();
        if (waiting.isEmpty()) {
            loop.end(this);
        }
        return first;
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
        while (!waiting.isEmpty()) {
            fail("the data path is shut down");
        }
    }

    @Override
    public void breakOff() {
        fail("looking at vNICs failed; the log has the details");
    }

    private void fail(String why) {
        next().result.completeExceptionally(new DataPathException(DataPathException.Reason.CLOSED, why));
    }
}
