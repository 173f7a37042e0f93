package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;

/**
 * The memory of a {@link ConnectionTable}: fields of {@link Entry} by slot, keys, times and counters. It knows nothing of which
 * slots are in use. One thread.
 */
abstract class EntryMemory {
    private static final int NO_IPV6 = -1;
    private static final int PENDING_PACKETS = (1 << Entry.PENDING_PACKET_BITS) - 1;
    private static final int PENDING_BYTES = (1 << Entry.PENDING_BYTE_BITS) - 1;
    private static final long MAX_IP_BYTES = (1L << 48) - 1;

    // ---- nobody's before the first connection ----
    private Lines hot = Lines.NONE_YET;
    private Lines cold = Lines.NONE_YET;
    private Lines ipv6 = Lines.NONE_YET;
    private int replacements;
    private int ipv6Count;
    private int firstFreeIpv6 = NO_IPV6;
    private CoarseClock clock = new CoarseClock();

    /** Makes room for slots below {@code slots}. */
    final void ensure(int slots) {
        if (hot == Lines.NONE_YET) {
            hot = new Lines(Entry.BYTES);
            cold = new Lines(Entry.COLD_BYTES);
        }
        hot.ensure(slots);
        cold.ensure(slots);
    }

    final long linesBytes(int slots) {
        return hot.bytes(slots) + cold.bytes(slots) + ipv6.bytes(ipv6Count);
    }

    /** Gives back what slots from {@code slots} on take ahead of need. */
    final void trim(int slots) {
        hot.trim(slots);
        cold.trim(slots);
        ipv6.trim(ipv6Count);
    }

    final void free() {
        hot.free();
        cold.free();
        ipv6.free();
    }

    /** Takes what another one has. */
    final void takeOver(EntryMemory other) {
        replacements += hot.moves() + 1;
        hot = other.hot;
        cold = other.cold;
        ipv6 = other.ipv6;
        ipv6Count = other.ipv6Count;
        firstFreeIpv6 = other.firstFreeIpv6;
        clock = other.clock;
    }

    /** Copies all that there is of a slot of another one into a slot for which there is room, and whose key has no place yet. */
    final void copySlot(EntryMemory other, int from, int to) {
        NativeMemory.copy(other.hot.address(from), hot.address(to), Entry.BYTES);
        NativeMemory.copy(other.cold.address(from), cold.address(to), Entry.COLD_BYTES);
        if (FlowKey.isIpv6(word(to))) {
            ensureIpv6();
            long line = other.ipv6.address(other.getInt(from, Entry.IPV6_LINE));
            NativeMemory.copy(line, ipv6.address(ipv6Count), Entry.IPV6_BYTES);
            setInt(to, Entry.IPV6_LINE, ipv6Count++);
        }
    }

    /** No slot has a key any more; the memory stays. */
    final void forgetKeys() {
        ipv6Count = 0;
        firstFreeIpv6 = NO_IPV6;
    }

    /** Where the lines of the slots are: slot n in slab n / {@link Lines#SLAB_RECORDS}; valid until the next insertion. */
    final long[] lineBases() {
        return hot.bases();
    }

    /** Changes whenever a line moves. */
    final int lineMoves() {
        return hot.moves() + replacements;
    }

    // ---- counters ----

    /** In both directions; stops at 2^32 - 1. */
    public final long packets(int slot) {
        return (getInt(slot, Entry.PACKETS) & 0xffff_ffffL) + (pending(slot) & PENDING_PACKETS);
    }

    /** Of IP datagrams with their headers, in both directions; stops at 2^48 - 1. */
    public final long bytes(int slot) {
        return (getLong(slot, Entry.IP_BYTES) & MAX_IP_BYTES) + (pending(slot) >>> Entry.PENDING_PACKET_BITS);
    }

    /** Counts a packet; only one in {@value #PENDING_PACKETS} touches the cold part. */
    final void count(int slot, int ipBytes) {
        int packets = (pending(slot) & PENDING_PACKETS) + 1;
        long bytes = (pending(slot) >>> Entry.PENDING_PACKET_BITS) + (long) ipBytes;
        if (packets > PENDING_PACKETS || bytes > PENDING_BYTES) {
            setCounters(slot, packets(slot) + 1, bytes(slot) + ipBytes);
            return;
        }
        setPending(slot, packets | (int) bytes << Entry.PENDING_PACKET_BITS);
    }

    /** Adds to the cold counters. */
    final void addCounters(int slot, int packets, int bytes) {
        long otherPackets = getInt(slot, Entry.PACKETS) & 0xffff_ffffL;
        long word = getLong(slot, Entry.IP_BYTES);
        setInt(slot, Entry.PACKETS, (int) Math.min(otherPackets + packets, 0xffff_ffffL));
        setLong(slot, Entry.IP_BYTES, (word & ~MAX_IP_BYTES) | Math.min((word & MAX_IP_BYTES) + bytes, MAX_IP_BYTES));
    }

    final void setCounters(int slot, long packets, long bytes) {
        setInt(slot, Entry.PACKETS, (int) Math.min(packets, 0xffff_ffffL));
        long other = getLong(slot, Entry.IP_BYTES) & ~MAX_IP_BYTES;
        setLong(slot, Entry.IP_BYTES, other | Math.min(bytes, MAX_IP_BYTES));
        setPending(slot, 0);
    }

    private int pending(int slot) {
        return getInt(slot, Entry.PENDING - 1) >>> 8;
    }

    private void setPending(int slot, int pending) {
        int field = Entry.PENDING - 1;
        setInt(slot, field, (getInt(slot, field) & 0xff) | pending << 8);
    }

    /** Writes down what the fast path left to be read from the line: call it before LAST fields are read or changed. */
    final void settle(int slot) {
        if (getByte(slot, Entry.LAST_IS_EDGE) != 0) {
            int sender = getByte(slot, Entry.LAST_DIRECTION) == 0 ? Entry.ORIGINAL_PEER : Entry.REPLY_PEER;
            setInt(slot, Entry.LAST_END, getInt(slot, sender + Entry.PEER_END));
            setShort(slot, Entry.LAST_WINDOW, 1);
            setByte(slot, Entry.LAST_IS_EDGE, 0);
        }
    }

    // ---- time ----

    final CoarseClock clock() {
        return clock;
    }

    final boolean isExpired(int slot, long nowNanos) {
        return getInt(slot, Entry.DEADLINE) - clock.tick(nowNanos) <= 0;
    }

    /** The connection ends when this time has passed without {@code keep}. */
    final void keep(int slot, long nowNanos, long timeoutNanos) {
        int ticks = CoarseClock.ticks(timeoutNanos);
        setInt(slot, Entry.DEADLINE, clock.tick(nowNanos) + ticks);
        setByte(slot, Entry.TIMEOUT_CODE, clock.code(ticks));
    }

    /** As {@link #keep}, unless the connection ends before anyway. */
    final void keepAtMost(int slot, long nowNanos, long timeoutNanos) {
        if (leftNanos(slot, nowNanos) > timeoutNanos) {
            keep(slot, nowNanos, timeoutNanos);
        }
    }

    /** Until it ends. */
    final long leftNanos(int slot, long nowNanos) {
        return (getInt(slot, Entry.DEADLINE) - clock.tick(nowNanos)) * CoarseClock.TICK_NANOS;
    }

    /** Of the last packet that moved its end. */
    final int seenTick(int slot) {
        return getInt(slot, Entry.DEADLINE) - clock.timeout(getByte(slot, Entry.TIMEOUT_CODE));
    }

    /** Since that packet. */
    final long idleNanos(int slot, long nowNanos) {
        return (clock.tick(nowNanos) - seenTick(slot)) * CoarseClock.TICK_NANOS;
    }

    final void setCreated(int slot, long nowNanos) {
        setInt(slot, Entry.CREATED, clock.tick(nowNanos));
    }

    public final long ageNanos(int slot, long nowNanos) {
        return (clock.tick(nowNanos) - getInt(slot, Entry.CREATED) & 0xffff_ffffL) * CoarseClock.TICK_NANOS;
    }

    // ---- keys ----

    /** Fills a key with a connection's. */
    final void key(int slot, FlowKey key) {
        key.word = word(slot);
        if (FlowKey.isIpv6(key.word)) {
            long line = ipv6.address(getInt(slot, Entry.IPV6_LINE));
            key.lowerHigh = NativeMemory.getLong(line);
            key.lowerLow = NativeMemory.getLong(line + 8);
            key.upperHigh = NativeMemory.getLong(line + 16);
            key.upperLow = NativeMemory.getLong(line + 24);
            return;
        }
        long addresses = getLong(slot, Entry.ADDRESSES);
        key.lowerHigh = 0;
        key.lowerLow = addresses >>> 32;
        key.upperHigh = 0;
        key.upperLow = addresses & 0xffff_ffffL;
    }

    /** Reads the IPv6 addresses of the connection whose line this is, so that they are near. */
    final long touchIpv6(long line) {
        boolean isIpv6 = FlowKey.isIpv6(NativeMemory.getLong(line + Entry.KEY_WORD));
        return isIpv6 ? NativeMemory.getLong(ipv6.address(NativeMemory.getInt(line + Entry.IPV6_LINE))) : 0;
    }

    /** Reads a word of the slot's cold part, so that it is near. */
    final long touchCold(int slot) {
        return NativeMemory.getLong(coldAddress(slot));
    }

    /**
     * Whether these are the IPv6 addresses of the connection whose line this is.
     *
     * @param lower where the lower one lies as in a frame
     * @param upper where the upper one lies
     */
    final boolean hasIpv6(long line, long lower, long upper) {
        long at = ipv6.address(NativeMemory.getInt(line + Entry.IPV6_LINE));
        long differences = (NativeMemory.getLong(at) ^ NativeMemory.getNetworkLong(lower))
                | (NativeMemory.getLong(at + 8) ^ NativeMemory.getNetworkLong(lower + 8))
                | (NativeMemory.getLong(at + 16) ^ NativeMemory.getNetworkLong(upper))
                | (NativeMemory.getLong(at + 24) ^ NativeMemory.getNetworkLong(upper + 8));
        return differences == 0;
    }

    /** {@link FlowKey#word}. */
    final long word(int slot) {
        return getLong(slot, Entry.KEY_WORD) & FlowKey.WORD_MASK;
    }

    /** Zeroes the slot and gives it a key. */
    final void setKey(int slot, FlowKey key, long hash) {
        long line = hotAddress(slot);
        for (int field = 0; field < Entry.BYTES; field += 8) {
            NativeMemory.setLong(line + field, 0);
        }
        long beside = coldAddress(slot);
        for (int field = 0; field < Entry.COLD_BYTES; field += 8) {
            NativeMemory.setLong(beside + field, 0);
        }
        NativeMemory.setLong(line + Entry.KEY_WORD, key.word);
        if (key.isIpv6()) {
            NativeMemory.setInt(line + Entry.IPV6_LINE, takeIpv6(key));
            NativeMemory.setInt(line + Entry.IPV6_LINE + 4, (int) (hash >>> 32));
        } else {
            NativeMemory.setLong(line + Entry.ADDRESSES, key.addresses());
        }
    }

    /** Gives back what the key took beside the slot. */
    final void freeKey(int slot) {
        if (FlowKey.isIpv6(word(slot))) {
            int place = getInt(slot, Entry.IPV6_LINE);
            NativeMemory.setInt(ipv6.address(place), firstFreeIpv6);
            firstFreeIpv6 = place;
        }
    }

    final boolean holds(int slot, FlowKey key) {
        if (word(slot) != key.word) {
            return false;
        }
        if (!key.isIpv6()) {
            return getLong(slot, Entry.ADDRESSES) == key.addresses();
        }
        long line = ipv6.address(getInt(slot, Entry.IPV6_LINE));
        return NativeMemory.getLong(line + 8) == key.lowerLow
                && NativeMemory.getLong(line + 24) == key.upperLow
                && NativeMemory.getLong(line) == key.lowerHigh
                && NativeMemory.getLong(line + 16) == key.upperHigh;
    }

    private int takeIpv6(FlowKey key) {
        int taken = firstFreeIpv6;
        if (taken == NO_IPV6) {
            ensureIpv6();
            taken = ipv6Count++;
        } else {
            firstFreeIpv6 = NativeMemory.getInt(ipv6.address(taken));
        }
        long line = ipv6.address(taken);
        NativeMemory.setLong(line, key.lowerHigh);
        NativeMemory.setLong(line + 8, key.lowerLow);
        NativeMemory.setLong(line + 16, key.upperHigh);
        NativeMemory.setLong(line + 24, key.upperLow);
        return taken;
    }

    private void ensureIpv6() {
        if (ipv6 == Lines.NONE_YET) {
            ipv6 = new Lines(Entry.IPV6_BYTES);
        }
        ipv6.ensure(ipv6Count + 1);
    }

    // ---- fields ----

    final boolean hasFlag(int slot, int flag) {
        return (getByte(slot, Entry.FLAGS) & flag) != 0;
    }

    final void setFlag(int slot, int flag) {
        setByte(slot, Entry.FLAGS, getByte(slot, Entry.FLAGS) | flag);
    }

    final void setState(int slot, ConnectionState state) {
        setByte(slot, Entry.STATE, state.code());
    }

    /** Address of the slot's line, for those who read many fields of it; valid until the next insertion. */
    final long line(int slot) {
        return hotAddress(slot);
    }

    // as Lines.address, with sizes that the compiler knows
    private long hotAddress(int slot) {
        return hot.bases()[slot >>> Lines.SLAB_SHIFT] + ((long) (slot & Lines.SLAB_MASK) << Entry.SHIFT);
    }

    private long coldAddress(int slot) {
        return cold.bases()[slot >>> Lines.SLAB_SHIFT] + (long) (slot & Lines.SLAB_MASK) * Entry.COLD_BYTES;
    }

    private long address(int slot, int field) {
        return field < Entry.COLD ? hotAddress(slot) + field : coldAddress(slot) + (field - Entry.COLD);
    }

    final long getLong(int slot, int field) {
        return NativeMemory.getLong(address(slot, field));
    }

    final void setLong(int slot, int field, long value) {
        NativeMemory.setLong(address(slot, field), value);
    }

    final int getInt(int slot, int field) {
        return NativeMemory.getInt(address(slot, field));
    }

    final void setInt(int slot, int field, int value) {
        NativeMemory.setInt(address(slot, field), value);
    }

    /** Unsigned 16 bits. */
    final int getShort(int slot, int field) {
        return NativeMemory.getShort(address(slot, field));
    }

    final void setShort(int slot, int field, int value) {
        NativeMemory.setShort(address(slot, field), value);
    }

    /** Unsigned. */
    final int getByte(int slot, int field) {
        if (field < Entry.PACKED) {
            return NativeMemory.getByte(address(slot, field));
        }
        int whole = NativeMemory.getByte(address(slot, Entry.packedByte(field)));
        return whole >>> Entry.packedShift(field) & Entry.packedMask(field);
    }

    /** Of a packed field as many low bits as it has. */
    final void setByte(int slot, int field, int value) {
        if (field < Entry.PACKED) {
            NativeMemory.setByte(address(slot, field), value);
            return;
        }
        long address = address(slot, Entry.packedByte(field));
        int mask = Entry.packedMask(field) << Entry.packedShift(field);
        int bits = value << Entry.packedShift(field) & mask;
        NativeMemory.setByte(address, (NativeMemory.getByte(address) & ~mask) | bits);
    }
}
