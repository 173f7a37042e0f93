package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one vNIC in flat memory off heap. One thread at a time; no allocation but when it grows, and nothing that
 * grows moves more than 32 KiB at once.
 *
 * <p>A connection lives in a slot; its number is stable until the connection is removed. What a packet needs of it is one cache
 * line, the rest lies beside ({@link Entry}); {@link SlotIndex} finds it by a secret hash ({@link KeyHash}). Nothing
 * is ever evicted: at {@code maxConnections} an insertion fails.
 */
public final class ConnectionTable extends AdmittedEntries implements AutoCloseable {
    /** What a search answers when there is no such connection. */
    public static final int NONE = -1;

    private static final int MAX_CONNECTIONS = 1 << 27;
    private static final TableChanges[] NOBODY = {};

    private final int maxConnections;
    /** Made with the first connection, as is the next. */
    private @Nullable KeyHash keyHash;

    private @Nullable FlowKey scratch;
    /** Nobody's before the first connection. */
    private SlotIndex index = SlotIndex.NONE_YET;
    /** Slots that were ever used: all below have memory. */
    private int slotCount;

    private int firstFree = NONE;
    private int count;
    private int sweepSlot;

    private int slotsAtLastTrim;
    /** When memory was given back last. */
    private int slotsTrimmed;
    /** Who are told of changes: one for each export in rounds that goes on. */
    private TableChanges[] listeners = NOBODY;
    /** Who knows more of connections that a port passes. */
    private @Nullable OffloadedConnections offloaded;

    /** For tests that need the same order of slots each time; {@link #create} is for everybody else. */
    ConnectionTable(int maxConnections, long seed0, long seed1) {
        this(maxConnections, KeyHash.ofSeed(seed0 ^ Long.rotateLeft(seed1, 32)));
    }

    private ConnectionTable(int maxConnections, @Nullable KeyHash keyHash) {
        if (maxConnections < 1 || maxConnections > MAX_CONNECTIONS) {
            throw new IllegalArgumentException("maxConnections must be from 1 to 2^27, not " + maxConnections);
        }
        this.maxConnections = maxConnections;
        this.keyHash = keyHash;
    }

    /** An empty table with a secret hash of its own. */
    public static ConnectionTable create(int maxConnections) {
        return new ConnectionTable(maxConnections, null);
    }

    /** Number of connections, including those whose time is over but that no sweep has met yet. */
    public int count() {
        return count;
    }

    public int maxConnections() {
        return maxConnections;
    }

    /** Native memory and arrays that the table holds. */
    public long memoryBytes() {
        return linesBytes(slotCount) + (index == SlotIndex.NONE_YET ? 0 : index.bytes()) + admissionBytes();
    }

    // ---- a connection, by its slot ----

    public ConnectionState state(int slot) {
        return ConnectionState.ofCode(getByte(slot, Entry.STATE));
    }

    /** Whether the VM opened it, so that its original direction is OUT. */
    public boolean isOutbound(int slot) {
        return hasFlag(slot, Entry.OUTBOUND);
    }

    /** Whether another connection announced it. */
    public boolean isExpected(int slot) {
        return hasFlag(slot, Entry.EXPECTED);
    }

    /** Whether the end that did not open it has ever answered. */
    public boolean isAnswered(int slot) {
        return hasFlag(slot, Entry.SEEN_REPLY);
    }

    /** Tells the connection in a slot from those that use the slot later, almost surely: made of its ports and of when it was opened. */
    public int openingMark(int slot) {
        return getInt(slot, Entry.CREATED) * 31 + getInt(slot, Entry.KEY_WORD);
    }

    /** Whether the connection with this {@link #openingMark} is still in the slot and waits for its other end. Any slot ever used. */
    public boolean isWaiting(int slot, int mark) {
        int code = getByte(slot, Entry.STATE);
        return code != 0
                && openingMark(slot) == mark
                && ConnectionState.ofCode(code).isWaiting();
    }

    public boolean isTcp(int slot) {
        return state(slot).isTcp();
    }

    /**
     * Fills family, addresses, protocol, ports, ICMP type and code as in the connection's first packet (TCP flags: SYN),
     * so that rules can judge it again. Other fields are left alone.
     */
    public void originalTuple(int slot, PacketView view) {
        long word = word(slot);
        boolean isFromLower = hasFlag(slot, Entry.FROM_LOWER);
        FlowKey key = keyOf(slot);
        view.family = FlowKey.isIpv6(word) ? IpFamily.IPV6 : IpFamily.IPV4;
        view.protocol = FlowKey.protocol(word);
        view.sourceHigh = isFromLower ? key.lowerHigh : key.upperHigh;
        view.sourceLow = isFromLower ? key.lowerLow : key.upperLow;
        view.destinationHigh = isFromLower ? key.upperHigh : key.lowerHigh;
        view.destinationLow = isFromLower ? key.upperLow : key.lowerLow;
        view.isFragment = false;
        view.isLaterFragment = false;
        view.sourcePort = isFromLower ? FlowKey.lowerPort(word) : FlowKey.upperPort(word);
        view.destinationPort = isFromLower ? FlowKey.upperPort(word) : FlowKey.lowerPort(word);
        view.icmpType = 0;
        view.icmpCode = 0;
        view.tcpFlags = view.protocol == PacketView.PROTOCOL_TCP ? PacketView.TCP_SYN : 0;
        if (FlowKey.isIcmp(word)) {
            view.icmpType = FlowKey.questionType(word);
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
    @Override
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
                list.add(info(slot, nowNanos));
            }
        }
        return list;
    }

    /** One connection, for people; allocates. */
    public ConnectionInfo info(int slot, long nowNanos) {
        return ConnectionInfos.of(this, slot, nowNanos);
    }

    /** Whether there is a connection in the slot, and its time is not over. */
    boolean isLive(int slot, long nowNanos) {
        return getByte(slot, Entry.STATE) != 0 && !isExpired(slot, nowNanos);
    }

    /** Removes one connection. */
    public void remove(int slot) {
        takeBack(slot);
        for (TableChanges listener : listeners) {
            listener.removed(slot);
        }
        index.remove(hashOf(slot), slot);
        releaseAdmission(slot);
        freeKey(slot);
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
        int now = clock().tick(nowNanos);
        for (int i = Math.min(maxSlots, slotCount); i > 0; i--) {
            if (sweepSlot == 0 || sweepSlot >= slotCount) {
                sweepSlot = 0;
                beginRound(now);
            }
            if (offloaded != null && hasFlag(sweepSlot, Entry.OFFLOADED)) {
                offloaded.refresh(sweepSlot, now);
            }
            long line = line(sweepSlot);
            if (NativeMemory.getByte(line + Entry.STATE) != 0) {
                int deadline = NativeMemory.getInt(line + Entry.DEADLINE);
                noteUse(sweepSlot, deadline - clock().timeout(NativeMemory.getByte(line + Entry.TIMEOUT_CODE)));
                if (deadline - now <= 0) {
                    remove(sweepSlot);
                    removed++;
                }
            }
            sweepSlot++;
        }
        return removed;
    }

    /**
     * Gives back memory that growing has taken ahead of need, once the table has stopped to grow. Call it as often as {@link
     * #expire}; most calls do nothing.
     */
    public void trim() {
        if (slotCount == slotsAtLastTrim) {
            trim(slotCount);
            index.trim();
            trimAdmissions();
            slotsTrimmed = slotCount;
        }
        slotsAtLastTrim = slotCount;
    }

    /** Whether neither {@link #expire} nor {@link #trim} has anything to do until a connection is added. */
    public boolean isAtRest() {
        return count == 0 && slotsTrimmed == slotCount;
    }

    /** Frees the memory; no other call is allowed afterwards. */
    @Override
    public void close() {
        free();
        index.free();
        freeAdmissions();
        slotCount = 0;
        count = 0;
    }

    // ---- connections that a port passes ----

    void setOffloaded(OffloadedConnections connections) {
        offloaded = connections;
    }

    /** Ends what a port does for the connection, if it does anything: then all that is known of it is here. */
    void takeBack(int slot) {
        if (offloaded != null && hasFlag(slot, Entry.OFFLOADED)) {
            offloaded.revoke(slot);
        }
    }

    // ---- exports in rounds: one mark a connection serves all, as who has noted a change already is not told again for
    // good

    /** From now on it is told of changes. */
    void tell(TableChanges listener) {
        listeners = Arrays.copyOf(listeners, listeners.length + 1);
        listeners[listeners.length - 1] = listener;
    }

    /** It is not told any more. */
    void tellNoMore(TableChanges listener) {
        listeners = Arrays.stream(listeners).filter(other -> other != listener).toArray(TableChanges[]::new);
    }

    boolean tells(TableChanges listener) {
        return Arrays.asList(listeners).contains(listener);
    }

    @Override
    void changed(int slot) {
        if (getByte(slot, Entry.CLEAN) != 0) {
            setByte(slot, Entry.CLEAN, 0);
            noLongerClean(slot);
        }
    }

    /** As {@link #changed}, where {@link Entry#CLEAN} is gone already. */
    void noLongerClean(int slot) {
        // an export that is over leaves its marks behind
        for (TableChanges listener : listeners) {
            listener.changed(slot);
        }
    }

    /** Slots below this number were used at some time. */
    int slotCount() {
        return slotCount;
    }

    // ---- for the paths of a burst ----

    SlotIndex index() {
        return index;
    }

    KeyHash keyHash() {
        KeyHash made = keyHash;
        if (made == null) {
            made = KeyHash.secret();
            keyHash = made;
        }
        return made;
    }

    // ---- inside the package ----

    int find(FlowKey key) {
        return count == 0 ? NONE : find(key, hash(key));
    }

    int find(FlowKey key, long hash) {
        long pattern = Bucket.pattern(hash);
        int slot = find(index.address(index.firstBucket(hash)), pattern, key);
        if (slot == NONE) {
            slot = find(index.address(index.secondBucket(hash)), pattern, key);
        }
        if (slot == NONE && index.spilledCount() > 0) {
            for (int i = index.nextSpilled(0, hash); i >= 0 && slot == NONE; i = index.nextSpilled(i + 1, hash)) {
                slot = holds(index.spilled(i), key) ? index.spilled(i) : NONE;
            }
        }
        return slot;
    }

    /** Reads where the index looks first for a hash, so that it is near. */
    long touch(long hash) {
        return count == 0 ? 0 : NativeMemory.getLong(index.address(index.firstBucket(hash)));
    }

    private int find(long bucketAddress, long pattern, FlowKey key) {
        for (long matches = Bucket.matches(bucketAddress, pattern); matches != 0; matches &= matches - 1) {
            int slot = Bucket.slot(bucketAddress, Bucket.way(matches));
            if (slot < slotCount && holds(slot, key)) {
                return slot;
            }
        }
        return NONE;
    }

    /** Whether the connection with this key is in this slot, which may be free. */
    boolean isIn(int slot, FlowKey key) {
        return getByte(slot, Entry.STATE) != 0 && holds(slot, key);
    }

    /** Takes a slot for a key that is not in the table; all its fields but the key are 0 and the caller sets the state. */
    int add(FlowKey key) {
        return add(key, hash(key));
    }

    int add(FlowKey key, long hash) {
        if (count >= maxConnections) {
            return NONE;
        }
        int slot = takeSlot();
        setKey(slot, key, hash);
        if (index == SlotIndex.NONE_YET) {
            index = new SlotIndex(this::hashOf);
        }
        index.put(hash, slot);
        count++;
        for (TableChanges listener : listeners) {
            listener.changed(slot);
        }
        return slot;
    }

    /** Takes over another table's connections and closes what it had; the other one must not be used any more. */
    void replaceBy(ConnectionTable other) {
        if (other.keyHash != keyHash || other.count > maxConnections) {
            throw new IllegalArgumentException("not made to replace this table");
        }
        close();
        listeners = NOBODY;
        takeOver(other);
        index = other.index;
        if (index != SlotIndex.NONE_YET) {
            index.setHashes(this::hashOf);
        }
        slotCount = other.slotCount;
        firstFree = other.firstFree;
        count = other.count;
        sweepSlot = 0;
        takeAdmissions(other);
    }

    /** An empty table that may {@linkplain #replaceBy replace} this one. */
    ConnectionTable emptyTwin() {
        ConnectionTable twin = new ConnectionTable(maxConnections, keyHash());
        twin.takeRevision(this);
        return twin;
    }

    // ---- copies, by number, of connections of another table: nothing finds them ----

    static ConnectionTable forCopies() {
        return new ConnectionTable(MAX_CONNECTIONS, KeyHash.ofSeed(0));
    }

    void copyOf(ConnectionTable other, int slot) {
        int own = slotCount;
        ensure(own + 1);
        slotCount++;
        count++;
        copySlot(other, slot, own);
        copyAdmission(other, slot, own);
    }

    void forgetCopies() {
        slotCount = 0;
        count = 0;
        forgetAdmissions();
        forgetKeys();
    }

    // ---- slots ----

    private int takeSlot() {
        if (firstFree != NONE) {
            int slot = firstFree;
            firstFree = getInt(slot, Entry.NEXT_FREE);
            return slot;
        }
        ensure(slotCount + 1);
        return slotCount++;
    }

    // ---- keys ----

    long hash(FlowKey key) {
        return key.hash(keyHash());
    }

    private long hashOf(int slot) {
        return hash(keyOf(slot));
    }

    /** The same object each time. */
    private FlowKey keyOf(int slot) {
        FlowKey key = scratch;
        if (key == null) {
            key = new FlowKey();
            scratch = key;
        }
        key(slot, key);
        return key;
    }
}
