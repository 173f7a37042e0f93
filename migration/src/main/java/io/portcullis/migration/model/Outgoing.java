package io.portcullis.migration.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Sealed tables on their way to the destination: a bounded number of chunks without an acknowledgement, then the hand-over. Messages
 * may get lost: what is not acknowledged is sent again.
 *
 * @param vnics what is handed over
 * @param window chunks on their way without an acknowledgement, at most
 * @param next chunks sent so far, counted through all vNICs
 * @param unacknowledged oldest first
 * @param progressed whether anything was acknowledged since it was last asked
 */
record Outgoing(List<VnicHandover> vnics, int window, int next, List<ChunkName> unacknowledged, boolean progressed) {
    Outgoing {
        vnics = List.copyOf(vnics);
        unacknowledged = List.copyOf(unacknowledged);
    }

    static Transition<Outgoing, SourceOrder> start(List<VnicHandover> vnics, int window) {
        List<SourceOrder> orders = new ArrayList<>();
        orders.add(new SourceOrder.OpenTransfer());
        Outgoing idle = new Outgoing(vnics, window, 0, List.of(), true);
        return idle.chunks() == 0
                ? new Transition<>(idle, List.of(new SourceOrder.OpenTransfer(), idle.handover()))
                : idle.fill(orders);
    }

    Transition<Outgoing, SourceOrder> acknowledged(ChunkName chunk) {
        if (!unacknowledged.contains(chunk)) {
            return Transition.to(this);
        }
        List<ChunkName> left = new ArrayList<>(unacknowledged);
        left.remove(chunk);
        return new Outgoing(vnics, window, next, left, true).fill(new ArrayList<>());
    }

    /** To be called at intervals: sends again if nothing was acknowledged since the last call. */
    Transition<Outgoing, SourceOrder> repeatIfStuck() {
        List<SourceOrder> orders = new ArrayList<>();
        if (!progressed) {
            orders.add(new SourceOrder.OpenTransfer());
            unacknowledged.forEach(chunk -> orders.add(new SourceOrder.SendChunk(chunk)));
            if (next == chunks()) {
                orders.add(handover());
            }
        }
        return new Transition<>(new Outgoing(vnics, window, next, unacknowledged, false), orders);
    }

    /** The hand-over follows the last chunk at once: they travel in order, and an acknowledgement would cost a round trip. */
    private Transition<Outgoing, SourceOrder> fill(List<SourceOrder> orders) {
        List<ChunkName> onTheirWay = new ArrayList<>(unacknowledged);
        int count = chunks();
        int sent = next;
        while (sent < count && onTheirWay.size() < window) {
            ChunkName chunk = name(sent++);
            onTheirWay.add(chunk);
            orders.add(new SourceOrder.SendChunk(chunk));
        }
        if (next < count && sent == count) {
            orders.add(handover());
        }
        return new Transition<>(new Outgoing(vnics, window, sent, onTheirWay, progressed), orders);
    }

    private SourceOrder handover() {
        return new SourceOrder.HandOver(vnics);
    }

    private int chunks() {
        return vnics.stream().mapToInt(VnicHandover::chunks).sum();
    }

    private ChunkName name(int position) {
        int left = position;
        for (VnicHandover vnic : vnics) {
            if (left < vnic.chunks()) {
                return new ChunkName(vnic.vnic(), left);
            }
            left -= vnic.chunks();
        }
        throw new IndexOutOfBoundsException(position);
    }
}
