package io.portcullis.datapath.offload;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A flow map in memory in front of an engine: the plain version of what a port does. Each frame is first for {@link #pass}, then, if
 * that says no, for the engine. One thread; no allocation but where a flow is installed for the first time in a place.
 */
public final class PlainFlowOffload implements FlowOffload {
    public static final int MAX_CAPACITY = 1 << 20;

    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int TIME_STAMP_BYTES = 12;
    /** NOP, NOP, time stamp of 10 bytes (RFC 7323, appendix A). */
    private static final int TIME_STAMP = 0x0101_080a;

    private static final int JUDGED_FLAGS =
            PacketView.TCP_FIN | PacketView.TCP_SYN | PacketView.TCP_RST | PacketView.TCP_ACK;

    private static final class Place {
        final OffloadedFlow flow = new OffloadedFlow();
        int next = NONE;
        boolean isUsed;
    }

    private final long mac;
    private final int capacity;
    /** By handle, those that were ever used. */
    private final List<Place> places = new ArrayList<>();
    /** Handles that are free, the next one to use last. */
    private final int[] free;

    private int freeCount;
    /** First handle of each chain. */
    private final int[] chains;

    private final PacketView packet = new PacketView();
    private long passedCount;

    /** @param mac the VM's address */
    public PlainFlowOffload(MacAddress mac, int capacity) {
        if (capacity < 1 || capacity > MAX_CAPACITY) {
            throw new IllegalArgumentException("capacity must be from 1 to " + MAX_CAPACITY + ", not " + capacity);
        }
        this.mac = mac.value();
        this.capacity = capacity;
        free = new int[capacity];
        for (int i = 0; i < capacity; i++) {
            free[i] = capacity - 1 - i;
        }
        freeCount = capacity;
        chains = new int[Integer.highestOneBit(capacity) * 2];
        Arrays.fill(chains, NONE);
    }

    @Override
    public int capacity() {
        return capacity;
    }

    /** Flows that are installed. */
    public int count() {
        return capacity - freeCount;
    }

    /** Frames that {@link #pass} let pass. */
    public long passedCount() {
        return passedCount;
    }

    @Override
    public int install(OffloadedFlow flow) {
        if (freeCount == 0) {
            return NONE;
        }
        int handle = free[--freeCount];
        if (handle == places.size()) {
            places.add(new Place());
        }
        Place place = places.get(handle);
        place.flow.copyFrom(flow);
        place.isUsed = true;
        int chain = chain(flow.vmHigh, flow.vmLow, flow.vmPort, flow.peerHigh, flow.peerLow, flow.peerPort);
        place.next = chains[chain];
        chains[chain] = handle;
        return handle;
    }

    @Override
    public void readBack(int handle, FlowState into) {
        into.copyFrom(place(handle).flow.state);
    }

    @Override
    public void revoke(int handle, FlowState into) {
        Place place = place(handle);
        OffloadedFlow flow = place.flow;
        into.copyFrom(flow.state);
        int chain = chain(flow.vmHigh, flow.vmLow, flow.vmPort, flow.peerHigh, flow.peerLow, flow.peerPort);
        if (chains[chain] == handle) {
            chains[chain] = place.next;
        } else {
            Place before = places.get(chains[chain]);
            while (before.next != handle) {
                before = places.get(before.next);
            }
            before.next = place.next;
        }
        place.isUsed = false;
        free[freeCount++] = handle;
    }

    private Place place(int handle) {
        if (handle < 0 || handle >= places.size() || !places.get(handle).isUsed) {
            throw new IllegalArgumentException("no flow has handle " + handle);
        }
        return places.get(handle);
    }

    /** Whether frame {@code i} of the burst passes here; if not it is as if it had not been. */
    public boolean pass(Burst burst, int i, Direction direction, long nowNanos) {
        if (count() == 0
                || PacketParser.parse(burst.memory(), burst.offset(i), burst.length(i), packet) != ParseResult.OK
                || !isPlain(direction)) {
            return false;
        }
        boolean isOut = direction == Direction.OUT;
        OffloadedFlow flow = find(isOut);
        if (flow == null || nowNanos - flow.state.lastSeenNanos >= flow.idleLimitNanos) {
            return false;
        }
        if (packet.isTcp() && !advance(flow, isOut)) {
            return false;
        }
        FlowState.Traffic traffic = flow.state.traffic(direction);
        traffic.packets++;
        traffic.ipBytes += packet.ipLength;
        traffic.frameBytes += packet.frameLength;
        flow.state.lastSeenNanos = nowNanos;
        passedCount++;
        return true;
    }

    private boolean advance(OffloadedFlow flow, boolean isOut) {
        FlowState state = flow.state;
        PeerWindow sender = isOut ? state.vm : state.peer;
        PeerWindow receiver = isOut ? state.peer : state.vm;
        int sequence = packet.tcpSequence;
        int end = sequence + packet.tcpPayloadLength;
        int ack = packet.tcpAcknowledgement;
        int window = packet.tcpWindow;
        if (!sender.takes(receiver, sequence, end, ack, window, flow.minAckLagBytes)) {
            return false;
        }
        boolean isNews = sender.advance(receiver, end, ack, window);
        int fingerprint = SegmentFingerprint.of(sequence, ack, end, window);
        boolean isEqual = !isNews && state.isLastOut == isOut && state.lastFingerprint == fingerprint;
        state.equalSegments = isEqual ? Math.min(flow.maxEqualSegments, state.equalSegments + 1) : 0;
        state.isLastOut = isOut;
        state.lastFingerprint = fingerprint;
        return true;
    }

    /** Whether it is a frame of the kind that may pass, whatever its flow. */
    private boolean isPlain(Direction direction) {
        boolean isForUs = direction == Direction.OUT
                ? packet.sourceMac == mac
                : packet.destinationMac == mac && packet.sourceMac != mac;
        IpFamily family = packet.family;
        if (!isForUs || family == null || packet.vlan >= 0 || packet.isFragment) {
            return false;
        }
        boolean isIpv6 = family == IpFamily.IPV6;
        boolean isEtherTypeRight = packet.etherType == (isIpv6 ? EtherTypes.IPV6 : EtherTypes.IPV4);
        if (!isEtherTypeRight || packet.transportOffset - packet.ipOffset != (isIpv6 ? IPV6_BYTES : IPV4_BYTES)) {
            return false;
        }
        return packet.isTcp() ? isPlainTcp() : packet.isUdp();
    }

    private boolean isPlainTcp() {
        if ((packet.tcpFlags & JUDGED_FLAGS) != PacketView.TCP_ACK) {
            return false;
        }
        return packet.tcpOptionsLength == 0
                || (packet.tcpOptionsLength == TIME_STAMP_BYTES
                        && Wire.i32(packet.memory, packet.tcpOptionsOffset) == TIME_STAMP);
    }

    /** The flow of the parsed packet, null if there is none. */
    private @Nullable OffloadedFlow find(boolean isOut) {
        long vmHigh = isOut ? packet.sourceHigh : packet.destinationHigh;
        long vmLow = isOut ? packet.sourceLow : packet.destinationLow;
        int vmPort = isOut ? packet.sourcePort : packet.destinationPort;
        long peerHigh = isOut ? packet.destinationHigh : packet.sourceHigh;
        long peerLow = isOut ? packet.destinationLow : packet.sourceLow;
        int peerPort = isOut ? packet.destinationPort : packet.sourcePort;
        boolean isIpv6 = packet.family == IpFamily.IPV6;
        int handle = chains[chain(vmHigh, vmLow, vmPort, peerHigh, peerLow, peerPort)];
        while (handle != NONE) {
            OffloadedFlow flow = places.get(handle).flow;
            boolean isSame = flow.protocol == packet.protocol
                    && flow.isIpv6 == isIpv6
                    && flow.vmHigh == vmHigh
                    && flow.vmLow == vmLow
                    && flow.vmPort == vmPort
                    && flow.peerHigh == peerHigh
                    && flow.peerLow == peerLow
                    && flow.peerPort == peerPort;
            if (isSame) {
                return flow;
            }
            handle = places.get(handle).next;
        }
        return null;
    }

    /** Plain: the engine decides which flows are here, so nobody can fill a chain without being let in. */
    private int chain(long vmHigh, long vmLow, int vmPort, long peerHigh, long peerLow, int peerPort) {
        long ends = (vmHigh * 31 + vmLow) * 31 + peerHigh * 17 + peerLow;
        long mixed = (ends * 0x9e37_79b9_7f4a_7c15L) ^ ((long) vmPort << 16 | peerPort) * 0xbf58_476d_1ce4_e5b9L;
        return (int) (mixed >>> 33) & chains.length - 1;
    }
}
