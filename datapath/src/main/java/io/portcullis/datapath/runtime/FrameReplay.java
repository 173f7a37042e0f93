package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import java.util.ArrayDeque;

/** Gives a vNIC, now ENFORCING, what waited for it: first what came through the tunnel, then what was held. */
final class FrameReplay {
    private FrameReplay() {}

    /** Decides and sends on all frames that came through the tunnel, in order. */
    static void tunnelled(Loop loop, Vnic vnic, ArrayDeque<TunnelMessage.Frame> frames) {
        while (!frames.isEmpty()) {
            Burst burst = loop.scratch();
            TunnelMessage.FrameKind kind = frames.element().kind();
            while (!frames.isEmpty() && frames.element().kind() == kind && burst.hasRoom()) {
                append(burst, frames.remove());
            }
            process(loop, vnic, kind, burst);
        }
    }

    /** Decides and sends on one frame that came through the tunnel. */
    static void tunnelled(Loop loop, Vnic vnic, TunnelMessage.Frame frame) {
        Burst burst = loop.scratch();
        append(burst, frame);
        process(loop, vnic, frame.kind(), burst);
    }

    private static void append(Burst burst, TunnelMessage.Frame frame) {
        int length = (int) frame.bytes().byteSize() - Burst.VNET_HEADER_BYTES;
        burst.append(frame.bytes(), Burst.VNET_HEADER_BYTES, length);
    }

    private static void process(Loop loop, Vnic vnic, TunnelMessage.FrameKind kind, Burst burst) {
        switch (kind) {
            case IN -> loop.hostSwitch().deliver(vnic, burst, 0, burst.count(), 1);
            case OUT -> loop.hostSwitch().fromVm(vnic, burst);
            case OUT_DECIDED -> loop.hostSwitch().fromVmDecided(vnic, burst);
        }
    }

    /**
     * Decides and sends on all held frames, in order, but those that the other side delivered.
     *
     * @return number of frames released
     */
    static long held(Loop loop, Vnic vnic, GroupLedger.Counts delivered) {
        long released = 0;
        while (vnic.holdsFrames()) {
            Burst burst = loop.scratch();
            vnic.hold().drainTo(burst);
            int from = 0;
            for (int i = 0; i < burst.count(); i++) {
                if (delivered.take(burst, i)) {
                    vnic.count(VnicCounter.HELD_DUPLICATE);
                    loop.hostSwitch().deliver(vnic, burst, from, i, 1);
                    released += i - from;
                    from = i + 1;
                }
            }
            loop.hostSwitch().deliver(vnic, burst, from, burst.count(), 1);
            released += burst.count() - from;
        }
        return released;
    }
}
