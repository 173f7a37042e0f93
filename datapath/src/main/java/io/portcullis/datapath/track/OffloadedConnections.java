package io.portcullis.datapath.track;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.offload.FlowOffload;
import io.portcullis.datapath.offload.FlowState;
import io.portcullis.datapath.offload.OffloadedFlow;
import io.portcullis.datapath.offload.PeerWindow;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a table whose plain packets a port passes ({@link FlowOffload}): what it gives to the port, and what it takes over
 * from there. While a connection is offloaded its entry is behind; after {@link #readBack} or {@link #revoke} it is as if all
 * packets had come here. One thread; no allocation per packet.
 *
 * <p>A connection is offered once its packets have reached a multiple of a number, if it is established in both directions and its last
 * packet was plain. It comes back with the first packet that the port hands over, when it is removed or seems to be over, and
 * with all others when policy, time-outs or helpers change, when the table moves, and at the end.
 */
public final class OffloadedConnections {
    /** A connection is offered each time that so many of its packets have passed: installing costs as much as a few of them. */
    public static final int DEFAULT_AFTER_PACKETS = 64;
    /** Connections that may be offered behind one burst; others wait for their next multiple. */
    static final int MAX_NOTED = 64;

    private static final int FIELDS = 6;
    private static final int MULTICAST_IPV4 = 7;

    private static final OffloadedFlow NO_FLOW = new OffloadedFlow();
    private static final FlowKey NO_KEY = new FlowKey();
    private static final int[] NONE_NOTED = {};

    private final ConnectionTracker tracker;
    private final ConnectionTable table;
    // ---- nobody's, as long as there is no port ----
    private OffloadedFlow flow = NO_FLOW;
    private FlowState state = NO_FLOW.state;
    private FlowKey key = NO_KEY;
    private int[] noted = NONE_NOTED;
    private int notedCount;
    private @Nullable FlowOffload port;
    private Predicate<OffloadedFlow> isSafe = flow -> false;
    private int afterPackets = DEFAULT_AFTER_PACKETS;
    /** Slot by handle. */
    private int[] slots = new int[0];
    /** {@value #FIELDS} numbers by handle: what was read of each traffic. */
    private long[] taken = new long[0];

    private SlotHandles handles = new SlotHandles(0);
    /** No handle at or above it is in use. */
    private int handleBound;

    private int count;
    private final FlowState.Traffic out = new FlowState.Traffic();
    private final FlowState.Traffic in = new FlowState.Traffic();
    private long installed;
    private long refused;
    private long revoked;

    OffloadedConnections(ConnectionTracker tracker) {
        this.tracker = tracker;
        table = tracker.table();
        table.setOffloaded(this);
    }

    /**
     * Takes everything back from the port so far and gives connections to another one from now on.
     *
     * @param newPort null for none
     * @param newAfterPackets see {@link #DEFAULT_AFTER_PACKETS}
     * @param newIsSafe whether nothing but the connection's tuple decides about its packets, in both directions
     */
    public void use(@Nullable FlowOffload newPort, int newAfterPackets, Predicate<OffloadedFlow> newIsSafe) {
        if (newAfterPackets < 1) {
            throw new IllegalArgumentException("afterPackets must be at least 1, not " + newAfterPackets);
        }
        revokeAll();
        if (newPort != null && noted.length == 0) {
            flow = new OffloadedFlow();
            state = new FlowState();
            key = new FlowKey();
            noted = new int[MAX_NOTED];
        }
        int capacity = newPort == null ? 0 : newPort.capacity();
        port = newPort;
        afterPackets = newAfterPackets;
        isSafe = newIsSafe;
        slots = new int[capacity];
        Arrays.fill(slots, ConnectionTable.NONE);
        taken = new long[capacity * FIELDS];
        handles = new SlotHandles(capacity);
        handleBound = 0;
    }

    public boolean isOn() {
        return port != null;
    }

    /** How many there are now. */
    public int count() {
        return count;
    }

    /** Notes that a plain packet of this connection has just passed; {@link #installNoted} may offer the connection then. */
    public void passed(int slot) {
        if (table.packets(slot) % afterPackets == 0 && notedCount < MAX_NOTED) {
            noted[notedCount++] = slot;
        }
    }

    /** Offers the connections noted in a burst: behind it, or the rest of it would take them back. */
    public void installNoted(long nowNanos) {
        for (int i = 0; i < notedCount; i++) {
            install(noted[i], nowNanos);
        }
        notedCount = 0;
    }

    private void install(int slot, long nowNanos) {
        FlowOffload to = port;
        if (to == null || !mayGo(slot, nowNanos)) {
            return;
        }
        describe(slot, nowNanos);
        if (!isOfTwoHosts() || !isSafe.test(flow)) {
            return;
        }
        int handle = to.install(flow);
        if (handle == FlowOffload.NONE) {
            refused++;
            return;
        }
        slots[handle] = slot;
        Arrays.fill(taken, handle * FIELDS, (handle + 1) * FIELDS, 0);
        handles.put(slot, handle);
        handleBound = Math.max(handleBound, handle + 1);
        table.setFlag(slot, Entry.OFFLOADED);
        count++;
        installed++;
    }

    private boolean mayGo(int slot, long nowNanos) {
        int state = table.getByte(slot, Entry.STATE);
        boolean isLive = state != 0
                && table.isAnswered(slot)
                && !table.hasFlag(slot, Entry.OFFLOADED)
                && !table.isExpired(slot, nowNanos)
                && table.isCurrent(slot);
        if (!isLive) {
            return false;
        }
        long word = table.word(slot);
        if (state == ConnectionState.UDP_STREAM.code()) {
            // DHCP has rules of its own
            return !BurstLookup.isDhcp(FlowKey.lowerPort(word)) && !BurstLookup.isDhcp(FlowKey.upperPort(word));
        }
        return state == ConnectionState.ESTABLISHED.code()
                && table.hasFlag(slot, Entry.ASSURED)
                && !(tracker.hasHelper() && EstablishedPath.isHelped(word))
                && isKnown(slot, Entry.ORIGINAL_PEER)
                && isKnown(slot, Entry.REPLY_PEER);
    }

    /** Whether we saw its end from the beginning on, and what it has received. */
    private boolean isKnown(int slot, int peer) {
        int flags = table.getByte(slot, peer + Entry.PEER_FLAGS);
        return (flags & (TcpTracker.PEER_LIBERAL | TcpTracker.PEER_ACKNOWLEDGED)) == TcpTracker.PEER_ACKNOWLEDGED
                && table.getInt(slot, peer + Entry.PEER_MAX_WINDOW) > 0;
    }

    private void describe(int slot, long nowNanos) {
        table.key(slot, key);
        boolean isOutbound = table.isOutbound(slot);
        boolean isVmLower = isOutbound == table.hasFlag(slot, Entry.FROM_LOWER);
        flow.isIpv6 = key.isIpv6();
        flow.protocol = FlowKey.protocol(key.word);
        flow.vmHigh = isVmLower ? key.lowerHigh : key.upperHigh;
        flow.vmLow = isVmLower ? key.lowerLow : key.upperLow;
        flow.vmPort = isVmLower ? FlowKey.lowerPort(key.word) : FlowKey.upperPort(key.word);
        flow.peerHigh = isVmLower ? key.upperHigh : key.lowerHigh;
        flow.peerLow = isVmLower ? key.upperLow : key.lowerLow;
        flow.peerPort = isVmLower ? FlowKey.upperPort(key.word) : FlowKey.lowerPort(key.word);
        flow.idleLimitNanos = idleLimitNanos(table.isTcp(slot));
        flow.minAckLagBytes = TcpWindow.MIN_ACK_LAG;
        flow.maxEqualSegments = TrackingProfile.MAX_RETRANSMITS;
        flow.state.lastSeenNanos = nowNanos;
        readPeer(slot, isOutbound ? Entry.ORIGINAL_PEER : Entry.REPLY_PEER, flow.state.vm);
        readPeer(slot, isOutbound ? Entry.REPLY_PEER : Entry.ORIGINAL_PEER, flow.state.peer);
        flow.state.isLastOut = (table.getByte(slot, Entry.LAST_DIRECTION) == 0) == isOutbound;
        flow.state.lastFingerprint = table.getByte(slot, Entry.LAST_FINGERPRINT);
        flow.state.equalSegments = table.getByte(slot, Entry.RETRANSMITS);
    }

    /** The shortest of the time-outs that it may have, and a tick less: so the port is never later than the table. */
    private long idleLimitNanos(boolean isTcp) {
        TrackingProfile profile = tracker.profile();
        long shortest = isTcp
                ? Math.min(
                        profile.establishedNanos(),
                        Math.min(profile.unacknowledgedNanos(), profile.retransmittedNanos()))
                : profile.udpStreamNanos();
        return Math.min(shortest, CoarseClock.MAX_TIMEOUT_NANOS) - CoarseClock.TICK_NANOS;
    }

    private boolean isOfTwoHosts() {
        boolean isOneHost = flow.vmHigh == flow.peerHigh && flow.vmLow == flow.peerLow;
        return !isOneHost && !isGroup(flow.vmHigh, flow.vmLow) && !isGroup(flow.peerHigh, flow.peerLow);
    }

    private boolean isGroup(long high, long low) {
        return flow.isIpv6 ? high >>> 56 == 0xff : low >>> 29 == MULTICAST_IPV4;
    }

    // ---- what comes back ----

    /** Brings an offloaded connection's entry up to date; the port goes on. */
    void readBack(int slot) {
        FlowOffload from = port;
        int handle = handles.get(slot);
        if (from != null && handle != FlowOffload.NONE) {
            from.readBack(handle, state);
            take(slot, handle);
        }
    }

    /** Ends what the port does for an offloaded connection, whose entry is up to date then. */
    void revoke(int slot) {
        FlowOffload from = port;
        int handle = handles.get(slot);
        if (from == null || handle == FlowOffload.NONE) {
            return;
        }
        from.revoke(handle, state);
        take(slot, handle);
        slots[handle] = ConnectionTable.NONE;
        handles.remove(slot);
        table.setByte(slot, Entry.FLAGS, table.getByte(slot, Entry.FLAGS) & ~Entry.OFFLOADED);
        count--;
        revoked++;
    }

    /**
     * Brings its end up to date: packets that passed may have moved it out or (data that is not acknowledged) in. A connection that is
     * over then comes back.
     */
    void refresh(int slot, int nowTick) {
        readBack(slot);
        if (table.getInt(slot, Entry.DEADLINE) - nowTick <= 0) {
            // what passed in between counts, too
            revoke(slot);
        }
    }

    /** As {@link #readBack}, for all. */
    public void readBackAll() {
        for (int handle = 0; count > 0 && handle < handleBound; handle++) {
            if (slots[handle] != ConnectionTable.NONE) {
                readBack(slots[handle]);
            }
        }
    }

    /** As {@link #revoke}, for all. */
    public void revokeAll() {
        for (int handle = 0; count > 0 && handle < handleBound; handle++) {
            if (slots[handle] != ConnectionTable.NONE) {
                revoke(slots[handle]);
            }
        }
        handleBound = 0;
        notedCount = 0;
    }

    /** Brings the entry to where the port's flow stands. */
    private void take(int slot, int handle) {
        int at = handle * FIELDS;
        FlowState.Traffic sent = state.traffic(Direction.OUT);
        FlowState.Traffic received = state.traffic(Direction.IN);
        long packetsOut = news(at, sent.packets);
        long packetsIn = news(at + 1, received.packets);
        if (packetsOut + packetsIn == 0) {
            return;
        }
        long bytesOut = news(at + 2, sent.ipBytes);
        long bytesIn = news(at + 3, received.ipBytes);
        out.packets += packetsOut;
        in.packets += packetsIn;
        out.frameBytes += news(at + 4, sent.frameBytes);
        in.frameBytes += news(at + 5, received.frameBytes);
        table.setCounters(slot, table.packets(slot) + packetsOut + packetsIn, table.bytes(slot) + bytesOut + bytesIn);
        table.changed(slot);
        TrackingProfile profile = tracker.profile();
        if (!table.isTcp(slot)) {
            table.keep(slot, state.lastSeenNanos, profile.udpStreamNanos());
            return;
        }
        boolean isOutbound = table.isOutbound(slot);
        writePeer(slot, isOutbound ? Entry.ORIGINAL_PEER : Entry.REPLY_PEER, state.vm);
        writePeer(slot, isOutbound ? Entry.REPLY_PEER : Entry.ORIGINAL_PEER, state.peer);
        table.setByte(slot, Entry.LAST_KIND, TcpSegment.ACK);
        table.setByte(slot, Entry.LAST_DIRECTION, state.isLastOut == isOutbound ? 0 : 1);
        table.setByte(slot, Entry.LAST_FINGERPRINT, state.lastFingerprint);
        table.setByte(slot, Entry.RETRANSMITS, state.equalSegments);
        table.setByte(slot, Entry.LAST_IS_EDGE, 1);
        table.keep(slot, state.lastSeenNanos, tcpTimeoutNanos(profile));
    }

    /** As TcpTracker.refresh has it for a plain segment. */
    private long tcpTimeoutNanos(TrackingProfile profile) {
        if (state.equalSegments >= TrackingProfile.MAX_RETRANSMITS) {
            return Math.min(profile.establishedNanos(), profile.retransmittedNanos());
        }
        boolean isUnacknowledged = state.vm.isUnacknowledged || state.peer.isUnacknowledged;
        return isUnacknowledged
                ? Math.min(profile.establishedNanos(), profile.unacknowledgedNanos())
                : profile.establishedNanos();
    }

    /** What a number that only grows has grown by since it was read last. */
    private long news(int at, long value) {
        long grown = value - taken[at];
        taken[at] = value;
        return grown;
    }

    private void readPeer(int slot, int peer, PeerWindow into) {
        into.end = table.getInt(slot, peer + Entry.PEER_END);
        into.maxAck = table.getInt(slot, peer + Entry.PEER_MAX_ACK);
        into.maxEnd = table.getInt(slot, peer + Entry.PEER_MAX_END);
        into.maxWindow = table.getInt(slot, peer + Entry.PEER_MAX_WINDOW);
        into.scale = table.getByte(slot, peer + Entry.PEER_SCALE);
        into.isUnacknowledged = (table.getByte(slot, peer + Entry.PEER_FLAGS) & TcpTracker.PEER_UNACKNOWLEDGED) != 0;
    }

    private void writePeer(int slot, int peer, PeerWindow from) {
        table.setInt(slot, peer + Entry.PEER_END, from.end);
        table.setInt(slot, peer + Entry.PEER_MAX_ACK, from.maxAck);
        table.setInt(slot, peer + Entry.PEER_MAX_END, from.maxEnd);
        table.setInt(slot, peer + Entry.PEER_MAX_WINDOW, from.maxWindow);
        int others = table.getByte(slot, peer + Entry.PEER_FLAGS) & ~TcpTracker.PEER_UNACKNOWLEDGED;
        int flag = from.isUnacknowledged ? TcpTracker.PEER_UNACKNOWLEDGED : 0;
        table.setByte(slot, peer + Entry.PEER_FLAGS, others | flag);
    }

    /**
     * Adds what was counted, by name: to {@code allowed} what the port let pass, as far as it has been read back; and {@code offload.*},
     * zeros left out.
     */
    public void addCounters(Map<String, Long> counters) {
        add(counters, "allowed.out", out.packets);
        add(counters, "allowed.in", in.packets);
        add(counters, "allowed-bytes.out", out.frameBytes);
        add(counters, "allowed-bytes.in", in.frameBytes);
        add(counters, "offload.packets", out.packets + in.packets);
        add(counters, "offload.installed", installed);
        add(counters, "offload.refused", refused);
        add(counters, "offload.revoked", revoked);
    }

    private static void add(Map<String, Long> counters, String name, long value) {
        if (value != 0) {
            counters.merge(name, value, Long::sum);
        }
    }
}
