package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The connections of one vNIC in flat memory off heap. One thread at a time; no allocation but when it grows.
 *
 * <p>A connection lives in a slot; its number is stable until the connection is removed. Slots lie in slabs that never
 * move; {@link SlotIndex} finds them by a keyed hash (SipHash with a random seed). Nothing is ever evicted: at
 * {@code maxConnections} an insertion fails.
 */
public final class ConnectionTable implements AutoCloseable {
    /** What a search answers when there is no such connection. */
    public static final int NONE = -1;

    private static final int SLAB_SHIFT = 8;
    private static final int SLAB_SLOTS = 1 << SLAB_SHIFT;

    private final int maxConnections;
    private final long seed0;
    private final long seed1;
    private final FlowKey scratch = new FlowKey();

    private Arena arena = Arena.ofShared();
    private MemorySegment[] slabs = new MemorySegment[4];
    /** Slots that were ever used: all below have memory. */
    private int slotCount;

    private int firstFree = NONE;
    private int count;

    private SlotIndex index = new SlotIndex();
    private int sweepSlot;

    /** For tests that need the same order of slots each time; {@link #create} is for everybody else. */
    ConnectionTable(int maxConnections, long seed0, long seed1) {
        if (maxConnections < 1 || maxConnections > 1 << 28) {
            throw new IllegalArgumentException("maxConnections must be from 1 to 2^28, not " + maxConnections);
        }
        this.maxConnections = maxConnections;
        this.seed0 = seed0;
        this.seed1 = seed1;
    }

    /** An empty table with a secret seed of its own. */
    public static ConnectionTable create(int maxConnections) {
        SecureRandom random = new SecureRandom();
        return new ConnectionTable(maxConnections, random.nextLong(), random.nextLong());
    }

    /** Number of connections, including those whose time is over but that no sweep has met yet. */
    public int count() {
        return count;
    }

    public int maxConnections() {
        return maxConnections;
    }

    // ---- a connection, by its slot ----

    public ConnectionState state(int slot) {
        return ConnectionState.ofCode(getByte(slot, Entry.STATE));
    }

    /** Rule that admitted it; stable across tables. */
    public long ruleId(int slot) {
        return getLong(slot, Entry.RULE_ID);
    }

    /** Policy revision under which it was admitted or last judged again. */
    public long revision(int slot) {
        return getLong(slot, Entry.REVISION);
    }

    /** Remembers that a newer policy admits the connection too. */
    public void judged(int slot, long ruleId, long revision) {
        setLong(slot, Entry.RULE_ID, ruleId);
        setLong(slot, Entry.REVISION, revision);
    }

    /** Whether the VM opened it, so that its original direction is OUT. */
    public boolean isOutbound(int slot) {
        return hasFlag(slot, Entry.OUTBOUND);
    }

    /** Whether the end that did not open it has ever answered. */
    public boolean isAnswered(int slot) {
        return hasFlag(slot, Entry.SEEN_REPLY);
    }

    public boolean isTcp(int slot) {
        return state(slot).isTcp();
    }

    public long packets(int slot) {
        return getLong(slot, Entry.ORIGINAL_PACKETS) + getLong(slot, Entry.REPLY_PACKETS);
    }

    /** Of IP datagrams with their headers. */
    public long bytes(int slot) {
        return getLong(slot, Entry.ORIGINAL_BYTES) + getLong(slot, Entry.REPLY_BYTES);
    }

    /**
     * Fills family, addresses, protocol, ports, ICMP type and code as in the connection's first packet (TCP flags: SYN),
     * so that rules can judge it again. Other fields are left alone.
     */
    public void originalTuple(int slot, PacketView view) {
        long meta = getLong(slot, Entry.META);
        boolean isFromLower = hasFlag(slot, Entry.FROM_LOWER);
        int lower = isFromLower ? Entry.LOWER_HIGH : Entry.UPPER_HIGH;
        int upper = isFromLower ? Entry.UPPER_HIGH : Entry.LOWER_HIGH;
        view.family = FlowKey.isIpv6(meta) ? IpFamily.IPV6 : IpFamily.IPV4;
        view.protocol = FlowKey.protocol(meta);
        view.sourceHigh = getLong(slot, lower);
        view.sourceLow = getLong(slot, lower + 8);
        view.destinationHigh = getLong(slot, upper);
        view.destinationLow = getLong(slot, upper + 8);
        view.isFragment = false;
        view.isLaterFragment = false;
        view.sourcePort = isFromLower ? FlowKey.lowerPort(meta) : FlowKey.upperPort(meta);
        view.destinationPort = isFromLower ? FlowKey.upperPort(meta) : FlowKey.lowerPort(meta);
        view.icmpType = 0;
        view.icmpCode = 0;
        view.tcpFlags = view.protocol == PacketView.PROTOCOL_TCP ? PacketView.TCP_SYN : 0;
        if (FlowKey.isIcmp(meta)) {
            view.icmpType = FlowKey.questionType(meta);
            view.icmpCode = view.destinationPort;
            view.destinationPort = view.sourcePort;
        }
    }

    /**
     * Sequence number of a reset that the end which opened the connection ({@code toOriginator}) or the other one
     * accepts: exactly what it expects next, as RFC 5961 wants. TCP only.
     */
    public int resetSequence(int slot, boolean toOriginator) {
        int receiver = toOriginator ? Entry.ORIGINAL_PEER : Entry.REPLY_PEER;
        int sender = toOriginator ? Entry.REPLY_PEER : Entry.ORIGINAL_PEER;
        boolean hasAcknowledged = (getByte(slot, receiver + Entry.PEER_FLAGS) & TcpTracker.PEER_ACKNOWLEDGED) != 0;
        return getInt(slot, hasAcknowledged ? receiver + Entry.PEER_MAX_ACK : sender + Entry.PEER_END);
    }

    /** Acknowledgement number that goes with {@link #resetSequence}: all that this end has sent. TCP only. */
    public int resetAcknowledgement(int slot, boolean toOriginator) {
        return getInt(slot, (toOriginator ? Entry.ORIGINAL_PEER : Entry.REPLY_PEER) + Entry.PEER_END);
    }

    /** The next slot that holds a connection, from {@code slot} on, or {@link #NONE}; begin with 0. */
    public int next(int slot) {
        for (int i = slot; i < slotCount; i++) {
            if (getByte(i, Entry.STATE) != 0) {
                return i;
            }
        }
        return NONE;
    }

    /** At most {@code limit} connections, in no order. */
    public List<ConnectionInfo> list(int limit, long nowNanos) {
        List<ConnectionInfo> list = new ArrayList<>();
        for (int slot = next(0); slot != NONE && list.size() < limit; slot = next(slot + 1)) {
            if (!isExpired(slot, nowNanos)) {
                list.add(ConnectionInfos.of(this, slot, nowNanos));
            }
        }
        return list;
    }

    /** Removes one connection. */
    public void remove(int slot) {
        index.remove(hashOf(slot), slot);
        setByte(slot, Entry.STATE, 0);
        setInt(slot, Entry.NEXT_FREE, firstFree);
        firstFree = slot;
        count--;
    }

    /**
     * Removes connections whose time is over.
     *
     * @param maxSlots how many slots to look at; the next call goes on behind them
     * @return how many were removed
     */
    public int expire(long nowNanos, int maxSlots) {
        int removed = 0;
        for (int i = Math.min(maxSlots, slotCount); i > 0; i--) {
            if (sweepSlot >= slotCount) {
                sweepSlot = 0;
            }
            if (getByte(sweepSlot, Entry.STATE) != 0 && isExpired(sweepSlot, nowNanos)) {
                remove(sweepSlot);
                removed++;
            }
            sweepSlot++;
        }
        return removed;
    }

    /** Frees the memory; no other call is allowed afterwards. */
    @Override
    public void close() {
        arena.close();
    }

    // ---- inside the package ----

    boolean isExpired(int slot, long nowNanos) {
        return getLong(slot, Entry.DEADLINE_NANOS) - nowNanos <= 0;
    }

    int find(FlowKey key) {
        long hash = hash(key);
        for (int place = index.home(hash); ; place = index.after(place)) {
            long content = index.at(place);
            if (content == 0) {
                return NONE;
            }
            if (SlotIndex.isSameHash(content, hash) && holds(SlotIndex.slot(content), key)) {
                return SlotIndex.slot(content);
            }
        }
    }

    /** Takes a slot for a key that is not in the table; all its fields but the key are 0 and the caller sets the state. */
    int add(FlowKey key) {
        if (count >= maxConnections) {
            return NONE;
        }
        int slot = takeSlot();
        for (int field = 0; field < Entry.BYTES; field += 8) {
            setLong(slot, field, 0);
        }
        setLong(slot, Entry.LOWER_HIGH, key.lowerHigh);
        setLong(slot, Entry.LOWER_LOW, key.lowerLow);
        setLong(slot, Entry.UPPER_HIGH, key.upperHigh);
        setLong(slot, Entry.UPPER_LOW, key.upperLow);
        setLong(slot, Entry.META, key.meta);
        index.put(hash(key), slot);
        count++;
        return slot;
    }

    /** Takes over another table's connections and closes what it had; the other one must not be used any more. */
    void replaceBy(ConnectionTable other) {
        if (other.seed0 != seed0 || other.seed1 != seed1 || other.count > maxConnections) {
            throw new IllegalArgumentException("not made to replace this table");
        }
        Arena old = arena;
        arena = other.arena;
        slabs = other.slabs;
        slotCount = other.slotCount;
        firstFree = other.firstFree;
        count = other.count;
        index = other.index;
        sweepSlot = 0;
        old.close();
    }

    /** An empty table that may {@linkplain #replaceBy replace} this one. */
    ConnectionTable emptyTwin() {
        return new ConnectionTable(maxConnections, seed0, seed1);
    }

    boolean hasFlag(int slot, int flag) {
        return (getByte(slot, Entry.FLAGS) & flag) != 0;
    }

    void setFlag(int slot, int flag) {
        setByte(slot, Entry.FLAGS, getByte(slot, Entry.FLAGS) | flag);
    }

    void setState(int slot, ConnectionState state) {
        setByte(slot, Entry.STATE, state.code());
    }

    long getLong(int slot, int field) {
        return slab(slot).get(Entry.LONG, base(slot) + field);
    }

    void setLong(int slot, int field, long value) {
        slab(slot).set(Entry.LONG, base(slot) + field, value);
    }

    int getInt(int slot, int field) {
        return slab(slot).get(Entry.INT, base(slot) + field);
    }

    void setInt(int slot, int field, int value) {
        slab(slot).set(Entry.INT, base(slot) + field, value);
    }

    /** Unsigned. */
    int getByte(int slot, int field) {
        return slab(slot).get(Entry.BYTE, base(slot) + field) & 0xff;
    }

    void setByte(int slot, int field, int value) {
        slab(slot).set(Entry.BYTE, base(slot) + field, (byte) value);
    }

    void addLong(int slot, int field, long value) {
        setLong(slot, field, getLong(slot, field) + value);
    }

    // ---- slots ----

    private MemorySegment slab(int slot) {
        return slabs[slot >>> SLAB_SHIFT];
    }

    private static long base(int slot) {
        return (long) (slot & SLAB_SLOTS - 1) * Entry.BYTES;
    }

    private int takeSlot() {
        if (firstFree != NONE) {
            int slot = firstFree;
            firstFree = getInt(slot, Entry.NEXT_FREE);
            return slot;
        }
        int slab = slotCount >>> SLAB_SHIFT;
        if ((slotCount & SLAB_SLOTS - 1) == 0) {
            if (slab == slabs.length) {
                slabs = Arrays.copyOf(slabs, slab * 2);
            }
            slabs[slab] = arena.allocate((long) SLAB_SLOTS * Entry.BYTES, 64);
        }
        return slotCount++;
    }

    // ---- keys ----

    private long hash(FlowKey key) {
        return SipHash.hash(seed0, seed1, key.lowerHigh, key.lowerLow, key.upperHigh, key.upperLow, key.meta);
    }

    private long hashOf(int slot) {
        scratch.lowerHigh = getLong(slot, Entry.LOWER_HIGH);
        scratch.lowerLow = getLong(slot, Entry.LOWER_LOW);
        scratch.upperHigh = getLong(slot, Entry.UPPER_HIGH);
        scratch.upperLow = getLong(slot, Entry.UPPER_LOW);
        scratch.meta = getLong(slot, Entry.META);
        return hash(scratch);
    }

    private boolean holds(int slot, FlowKey key) {
        return getLong(slot, Entry.META) == key.meta
                && getLong(slot, Entry.LOWER_LOW) == key.lowerLow
                && getLong(slot, Entry.UPPER_LOW) == key.upperLow
                && getLong(slot, Entry.LOWER_HIGH) == key.lowerHigh
                && getLong(slot, Entry.UPPER_HIGH) == key.upperHigh;
    }
}
