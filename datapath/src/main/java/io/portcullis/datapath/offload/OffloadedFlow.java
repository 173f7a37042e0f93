package io.portcullis.datapath.offload;

/**
 * A flow as the engine gives it to a port: which packets belong to it, how it stands, and what bounds it. A flyweight of one thread; IPv4
 * addresses are in the low 32 bits.
 */
public final class OffloadedFlow {
    public boolean isIpv6;
    /** TCP or UDP. */
    public int protocol;

    public long vmHigh;
    public long vmLow;
    public int vmPort;
    public long peerHigh;
    public long peerLow;
    public int peerPort;

    /** A packet that comes so long after the one before, or later, is for the engine: the connection may be over. */
    public long idleLimitNanos;
    /** TCP: by how many bytes an acknowledgement may lag behind at least. */
    public int minAckLagBytes;
    /** TCP: {@link FlowState#equalSegments} stops here. */
    public int maxEqualSegments;

    /** At the time of the installation; its traffic is 0. */
    public final FlowState state = new FlowState();

    public void copyFrom(OffloadedFlow other) {
        isIpv6 = other.isIpv6;
        protocol = other.protocol;
        vmHigh = other.vmHigh;
        vmLow = other.vmLow;
        vmPort = other.vmPort;
        peerHigh = other.peerHigh;
        peerLow = other.peerLow;
        peerPort = other.peerPort;
        idleLimitNanos = other.idleLimitNanos;
        minAckLagBytes = other.minAckLagBytes;
        maxEqualSegments = other.maxEqualSegments;
        state.copyFrom(other.state);
    }
}
