package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a cut-over at its source: those that belong to the destination, those that it gave back, and the ledger of
 * group frames. What is kept is bounded like a hold buffer.
 */
final class SourceFrames {
    private final Vnic vnic;
    private final TunnelEnd tunnel;
    private final long destinationEpoch;
    private final long maxKeptBytes;
    /** What the destination gets with the seal, or the engine here if it comes to no seal. */
    private final ArrayDeque<TunnelMessage.Frame> pending = new ArrayDeque<>();

    private final ArrayDeque<TunnelMessage.Frame> returned = new ArrayDeque<>();
    private final GroupLedger.Counts returnedGroups = new GroupLedger.Counts(List.of());
    private final GroupLedger ledger = new GroupLedger();
    private long keptBytes;
    private long forwardedFrames;

    SourceFrames(Vnic vnic, TunnelEnd tunnel, long destinationEpoch, long maxKeptBytes) {
        this.vnic = vnic;
        this.tunnel = tunnel;
        this.destinationEpoch = destinationEpoch;
        this.maxKeptBytes = maxKeptBytes;
    }

    /** Sends a frame to the destination. */
    void forward(FrameKind kind, Burst frames, int index) {
        forward(Tunnel.frame(kind, destinationEpoch, frames, index));
    }

    private void forward(TunnelMessage.Frame frame) {
        if (tunnel.sendFrame(frame)) {
            forwardedFrames++;
            vnic.count(VnicCounter.TUNNEL_SENT);
        } else {
            vnic.count(VnicCounter.TUNNEL_DROPPED);
        }
    }

    /** Keeps a frame for whoever will decide. */
    void keepPending(FrameKind kind, Burst frames, int index) {
        keep(Tunnel.frame(kind, destinationEpoch, frames, index), pending);
    }

    /** A frame that the destination gave back. */
    void takeBack(TunnelMessage.Frame frame) {
        vnic.count(VnicCounter.TUNNEL_RECEIVED);
        if (keep(frame, returned) && frame.kind() == FrameKind.IN) {
            GroupLedger.noteReturned(returnedGroups, frame);
        }
    }

    private boolean keep(TunnelMessage.Frame frame, ArrayDeque<TunnelMessage.Frame> where) {
        if (keptBytes + frame.bytes().byteSize() > maxKeptBytes) {
            vnic.count(VnicCounter.HELD_DROPPED);
            return false;
        }
        keptBytes += frame.bytes().byteSize();
        return where.add(frame);
    }

    /** Notes a group frame that was delivered here though the destination may hold a copy. */
    void noteGroupFrame(Burst frames, int index) {
        if (!ledger.note(GroupLedger.hash(frames, index))) {
            vnic.count(VnicCounter.LEDGER_FULL);
        }
    }

    /**
     * Sends what was kept and says what the destination must know.
     *
     * @param state of the table, whose chunks the tunnel has; null if it has not
     */
    TunnelMessage.Sealed seal(TunnelMessage.@Nullable SealedState state) {
        while (!pending.isEmpty()) {
            forward(pending.remove());
        }
        keptBytes = 0;
        return new TunnelMessage.Sealed(forwardedFrames, ledger.hashes(), state);
    }

    /** To the engine here, in order: what was kept, what came back, what was held. */
    void replay(Loop loop) {
        FrameReplay.tunnelled(loop, vnic, pending);
        FrameReplay.tunnelled(loop, vnic, returned);
        FrameReplay.held(loop, vnic, returnedGroups);
    }
}
