package io.portcullis.datapath.offload;

import io.portcullis.datapath.Direction;

/**
 * How a flow stands: what the engine knows when it installs it, and what the port knows from then on. A flyweight of one thread.
 *
 * <p>A port must know all of it but {@link #equalSegments}; one that leaves that at 0 lets a connection whose peer repeats the same empty
 * segment live as long as any other.
 */
public final class FlowState {
    /** What the port let pass in one direction since the flow was installed. Only grows. */
    public static final class Traffic {
        public long packets;
        /** Of IP datagrams with their headers. */
        public long ipBytes;
        /** Of frames from the Ethernet header on. */
        public long frameBytes;

        void copyFrom(Traffic other) {
            packets = other.packets;
            ipBytes = other.ipBytes;
            frameBytes = other.frameBytes;
        }
    }

    private final Traffic out = new Traffic();
    private final Traffic in = new Traffic();
    /** When the last packet passed, in the data path's time. */
    public long lastSeenNanos;

    public final PeerWindow vm = new PeerWindow();
    public final PeerWindow peer = new PeerWindow();
    /** TCP: whether the VM sent the last packet. */
    public boolean isLastOut;
    /** TCP: {@link SegmentFingerprint} of the last packet. */
    public int lastFingerprint;
    /** TCP: how many packets without anything new had the direction and fingerprint of the one before, in a row, up to the flow's bound. */
    public int equalSegments;

    public Traffic traffic(Direction direction) {
        return direction == Direction.OUT ? out : in;
    }

    public void copyFrom(FlowState other) {
        out.copyFrom(other.out);
        in.copyFrom(other.in);
        lastSeenNanos = other.lastSeenNanos;
        vm.copyFrom(other.vm);
        peer.copyFrom(other.peer);
        isLastOut = other.isLastOut;
        lastFingerprint = other.lastFingerprint;
        equalSegments = other.equalSegments;
    }
}
