package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import java.util.ArrayDeque;

/**
 * The frames of a cut-over at its destination: those that came through the tunnel and wait for the table, and those that go back.
 * What waits is bounded like a hold buffer.
 */
final class DestinationFrames {
    private final Loop loop;
    private final Vnic vnic;
    private final TunnelEnd tunnel;
    private final ArrayDeque<TunnelMessage.Frame> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long received;

    DestinationFrames(Loop loop, Vnic vnic, TunnelEnd tunnel) {
        this.loop = loop;
        this.vnic = vnic;
        this.tunnel = tunnel;
    }

    /** Frames that came through the tunnel so far. */
    long received() {
        return received;
    }

    /** A frame that came through the tunnel; {@code goesBack} if this side returns everything. */
    void take(TunnelMessage.Frame frame, boolean goesBack) {
        received++;
        vnic.count(VnicCounter.TUNNEL_RECEIVED);
        if (frame.epoch() != vnic.epoch()) {
            vnic.count(VnicCounter.TUNNEL_STALE);
        } else if (vnic.mode() == VnicMode.ENFORCING) {
            vnic.count(VnicCounter.TUNNEL_LATE);
            FrameReplay.tunnelled(loop, vnic, frame);
        } else if (frame.kind() == FrameKind.OUT_DECIDED && vnic.mode() == VnicMode.HOLDING && !goesBack) {
            FrameReplay.tunnelled(loop, vnic, frame);
        } else if (waitingBytes + frame.bytes().byteSize() > loop.limits().holdBytesPerVnic()) {
            vnic.count(VnicCounter.HELD_DROPPED);
        } else {
            waitingBytes += frame.bytes().byteSize();
            waiting.add(frame);
        }
    }

    /** Answers of the source's firewall leave from here as soon as the fabric knows the MAC here. */
    void sendDecided() {
        ArrayDeque<TunnelMessage.Frame> decided = new ArrayDeque<>();
        waiting.removeIf(frame -> frame.kind() == FrameKind.OUT_DECIDED && decided.add(frame));
        for (TunnelMessage.Frame frame : decided) {
            waitingBytes -= frame.bytes().byteSize();
        }
        FrameReplay.tunnelled(loop, vnic, decided);
    }

    /**
     * To the engine here, in order: what came through the tunnel, then what was held.
     *
     * @param delivered group frames that the source has delivered already
     * @return number of held frames released
     */
    long replay(GroupLedger.Counts delivered) {
        waitingBytes = 0;
        FrameReplay.tunnelled(loop, vnic, waiting);
        return FrameReplay.held(loop, vnic, delivered);
    }

    /** To the source: what came from there and waits. */
    void returnTunnelled() {
        while (!waiting.isEmpty()) {
            count(tunnel.sendFrame(waiting.remove()));
        }
        waitingBytes = 0;
    }

    /** To the source: what was held from the network. */
    void returnHeld() {
        while (vnic.holdsFrames()) {
            Burst burst = loop.scratch();
            vnic.hold().drainTo(burst);
            returnAll(FrameKind.IN, burst);
        }
    }

    /** To the source: a burst of frames that it must decide. */
    void returnAll(FrameKind kind, Burst frames) {
        for (int i = 0; i < frames.count(); i++) {
            count(tunnel.sendFrame(Tunnel.frame(kind, vnic.epoch(), frames, i)));
        }
    }

    private void count(boolean sent) {
        vnic.count(sent ? VnicCounter.TUNNEL_SENT : VnicCounter.TUNNEL_DROPPED);
    }
}
