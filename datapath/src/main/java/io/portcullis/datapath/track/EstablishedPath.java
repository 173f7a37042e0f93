package io.portcullis.datapath.track;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.packet.PacketView;

/**
 * The short way of most packets: the next packet of an established connection that is in its windows, judged under the policy in
 * force. It does to the connection exactly what {@link ConnectionTracker#lookup} does, by reading and writing its line a few
 * words at a time; whatever it is not sure of it leaves untouched and says no, and the caller goes the long way. One thread, no
 * allocation.
 *
 * <p>For up to {@value #FRAMES} frames: {@link #take} each, {@link #find} all, then {@link #passFrom} the first on; between the
 * calls of {@code passFrom} the table may change.
 */
public final class EstablishedPath implements AutoCloseable {
    public static final int FRAMES = BurstLookup.FRAMES;

    private static final int STATE_SHIFT = 48;
    /** State, and those of the flags that decide, as they lie in the key word. */
    private static final int STATE_MASK = 0xff | (Entry.SEEN_REPLY | Entry.ASSURED | Entry.OFFLOADED) << 8;

    private static final int TCP_STATE = ConnectionState.ESTABLISHED.code() | (Entry.SEEN_REPLY | Entry.ASSURED) << 8;
    private static final int UDP_MASK = 0xff | (Entry.SEEN_REPLY | Entry.OFFLOADED) << 8;
    private static final int UDP_STATE = ConnectionState.UDP_STREAM.code() | Entry.SEEN_REPLY << 8;
    private static final int PEERS_APART = Entry.REPLY_PEER - Entry.ORIGINAL_PEER;
    private static final int UNACKNOWLEDGED = TcpTracker.PEER_UNACKNOWLEDGED << 8;

    // ---- the tail as one word: see Entry.TAIL ----
    private static final int LAST_SHIFT = 8;
    private static final int FINGERPRINT_SHIFT = 16;
    private static final int EPOCH_SHIFT = 24;
    private static final int PACKETS_SHIFT = 40;
    private static final int BYTES_SHIFT = PACKETS_SHIFT + Entry.PENDING_PACKET_BITS;
    /** {@link Entry#CLEAN}: what the short way writes has it not. */
    private static final long CLEAN = 1L << 15;

    private static final int MAX_PACKETS = (1 << Entry.PENDING_PACKET_BITS) - 1;
    private static final int MAX_BYTES = (1 << Entry.PENDING_BYTE_BITS) - 1;
    private static final int LAST_ACK_AT_EDGE = TcpSegment.ACK | 1 << 6;

    private ConnectionTracker tracker;
    private ConnectionTable table;
    private final BurstLookup lookup;
    /** Somebody must see what port {@value FtpHelper#CONTROL_PORT} says. */
    private boolean hasHelper;

    private int lineMoves;
    /** 1: the VM sent the frames. */
    private int outbound;

    private int tick;
    private int epoch;
    // ticks in the upper half, code in the lower one
    private long established;
    private long unacknowledged;
    private long retransmitted;
    private long udpStream;

    public EstablishedPath(ConnectionTracker tracker) {
        this.tracker = tracker;
        table = tracker.table();
        lookup = new BurstLookup(table);
    }

    /** From now on it passes packets of this tracker's connections. */
    public void turnTo(ConnectionTracker newTracker) {
        tracker = newTracker;
        table = newTracker.table();
        lookup.turnTo(table);
    }

    /** Takes the frame at this address as number {@code i}; call this or {@link #skip} for every number from 0 on. */
    public void take(int i, long address, int length) {
        lookup.take(i, address, length);
    }

    /** Takes a frame as one that must go the long way. */
    public void skip(int i) {
        lookup.skip(i);
    }

    /** Looks for the connections of the first {@code count} frames. */
    public void find(int count, Direction direction, long nowNanos) {
        TrackingProfile profile = tracker.profile();
        hasHelper = tracker.hasHelper();
        outbound = direction == Direction.OUT ? 1 : 0;
        lookup.find(count);
        CoarseClock clock = table.clock();
        lineMoves = table.lineMoves();
        tick = clock.tick(nowNanos);
        epoch = table.currentEpoch();
        established = timeout(clock, profile.establishedNanos());
        unacknowledged = timeout(clock, Math.min(profile.establishedNanos(), profile.unacknowledgedNanos()));
        retransmitted = timeout(clock, Math.min(profile.establishedNanos(), profile.retransmittedNanos()));
        udpStream = timeout(clock, profile.udpStreamNanos());
    }

    private static long timeout(CoarseClock clock, long nanos) {
        int ticks = CoarseClock.ticks(nanos);
        return (long) ticks << 32 | clock.code(ticks);
    }

    /**
     * Lets frames pass from number {@code first} on, as long as they are such packets; their connections have gone on.
     *
     * @return number of the first that is not, or {@code end}
     */
    public int passFrom(int first, int end) {
        // growing moves the lines of a small table, and then they must be found again
        if (lineMoves != table.lineMoves()) {
            return first;
        }
        long last = lookup.notes + ((long) end << FrameNote.SHIFT);
        long note = lookup.notes + ((long) first << FrameNote.SHIFT);
        while (note < last && pass(note)) {
            note += FrameNote.BYTES;
        }
        return (int) ((note - lookup.notes) >>> FrameNote.SHIFT);
    }

    private boolean pass(long note) {
        int kind = NativeMemory.getShort(note + FrameNote.KIND);
        if (kind <= FrameNote.AWAITED || NativeMemory.getInt(note + FrameNote.SLOT) == ConnectionTable.NONE) {
            return false;
        }
        long line = NativeMemory.getLong(note + FrameNote.LINE);
        long word = NativeMemory.getLong(note + FrameNote.WORD);
        long keyWord = NativeMemory.getLong(line + Entry.KEY_WORD);
        if ((keyWord & FlowKey.WORD_MASK) != word || !hasAddresses(note, line, word)) {
            return false;
        }
        long tail = NativeMemory.getLong(line + Entry.TAIL);
        boolean isStale =
                (tail >>> EPOCH_SHIFT & 0xffff) != epoch || NativeMemory.getInt(line + Entry.DEADLINE) - tick <= 0;
        int state = (int) (keyWord >>> STATE_SHIFT);
        int reply = (NativeMemory.getShort(note + FrameNote.FROM_LOWER) >>> 1 ^ state >>> 9) & 1;
        // from the wrong side, whatever its addresses say
        boolean isWrongSide = ((state >>> 8 ^ reply) & 1) != outbound;
        if (isStale || isWrongSide) {
            return false;
        }
        if (kind == FrameNote.TCP) {
            return (state & STATE_MASK) == TCP_STATE
                    && !(hasHelper && isHelped(word))
                    && passTcp(note, line, reply, tail);
        }
        return (state & UDP_MASK) == UDP_STATE && passUdp(note, line, tail);
    }

    private boolean passUdp(long note, long line, long tail) {
        NativeMemory.setInt(line + Entry.DEADLINE, tick + (int) (udpStream >>> 32));
        int last = (int) (tail >>> LAST_SHIFT) & 0x7f;
        writeTail(note, line, tail, last, (int) (tail >>> FINGERPRINT_SHIFT) & 0xff, (int) udpStream);
        return true;
    }

    /** Whether frame {@code i} is one that {@link #follow} knows, and {@link io.portcullis.datapath.packet.PlainParser} too. */
    public boolean isPlain(int i) {
        return NativeMemory.getShort(note(i) + FrameNote.KIND) != FrameNote.OTHER;
    }

    /** As {@link ConnectionTracker#lookup}, of frame {@code i}, which is plain and did not pass; what was found of it is of use again. */
    public TrackResult follow(int i, PacketView packet, long nowNanos) {
        return tracker.lookup(packet, note(i), nowNanos);
    }

    private long note(int i) {
        return lookup.notes + ((long) i << FrameNote.SHIFT);
    }

    /** The connection of frame {@code i}, if that has passed. */
    public int slot(int i) {
        return NativeMemory.getInt(note(i) + FrameNote.SLOT);
    }

    @Override
    public void close() {
        lookup.free();
    }

    static boolean isHelped(long word) {
        return FlowKey.lowerPort(word) == FtpHelper.CONTROL_PORT || FlowKey.upperPort(word) == FtpHelper.CONTROL_PORT;
    }

    private boolean hasAddresses(long note, long line, long word) {
        return FlowKey.isIpv6(word)
                ? hasIpv6(note, line)
                : NativeMemory.getLong(line + Entry.ADDRESSES) == NativeMemory.getLong(note + FrameNote.ADDRESSES);
    }

    private boolean hasIpv6(long note, long line) {
        long source = NativeMemory.getLong(note + FrameNote.TRANSPORT) - 2 * FlowKey.IPV6_ADDRESS_BYTES;
        long destination = source + FlowKey.IPV6_ADDRESS_BYTES;
        boolean isFromLower = NativeMemory.getShort(note + FrameNote.FROM_LOWER) != 0;
        return table.hasIpv6(line, isFromLower ? source : destination, isFromLower ? destination : source);
    }

    private boolean passTcp(long note, long line, int reply, long tail) {
        long at = NativeMemory.getLong(note + FrameNote.TRANSPORT);
        long numbers = NativeMemory.getNetworkLong(at + 4);
        int sequence = (int) (numbers >>> 32);
        int ack = (int) numbers;
        int field = NativeMemory.getNetworkInt(at + 12) & 0xffff;
        int end = sequence + NativeMemory.getInt(note + FrameNote.PAYLOAD_BYTES);
        long sender = line + Entry.ORIGINAL_PEER + (long) reply * PEERS_APART;
        long receiver = line + Entry.REPLY_PEER - (long) reply * PEERS_APART;
        long senderEdges = NativeMemory.getLong(sender + Entry.PEER_END);
        long senderWindows = NativeMemory.getLong(sender + Entry.PEER_MAX_END);
        int senderKind = NativeMemory.getShort(sender + Entry.PEER_SCALE);
        long receiverWindows = NativeMemory.getLong(receiver + Entry.PEER_MAX_END);
        int receiverEnd = NativeMemory.getInt(receiver + Entry.PEER_END);
        int receiverKind = NativeMemory.getShort(receiver + Entry.PEER_SCALE);
        int senderEnd = (int) senderEdges;
        int maxAck = (int) (senderEdges >>> 32);
        int maxEnd = (int) senderWindows;
        int maxWindow = (int) (senderWindows >>> 32);
        int receiverWindow = (int) (receiverWindows >>> 32);
        int window = field << (senderKind & 0xff);
        // TcpWindow.bounds with room to spare, and what update would do beside moving the plain edges; each is negative
        // if it
        // does not hold
        int fits = maxEnd - sequence
                | receiverEnd - ack
                | end - senderEnd
                | end - (senderEnd - receiverWindow)
                | maxEnd - end
                | ack - (receiverEnd - Math.max(TcpWindow.MIN_ACK_LAG, maxWindow))
                | maxWindow - 1
                | receiverWindow - 1
                | window - 1;
        int peers = (senderKind | receiverKind << 16) & PLAIN_MASK;
        if (fits < 0 || peers != PLAIN_PEERS) {
            return false;
        }
        int newEnd = end - senderEnd;
        int newAck = ack - maxAck;
        NativeMemory.setLong(sender + Entry.PEER_END, (end & 0xffff_ffffL) | (long) (newAck > 0 ? ack : maxAck) << 32);
        if (window > maxWindow) {
            NativeMemory.setInt(sender + Entry.PEER_MAX_WINDOW, window);
        }
        int right = ack + window;
        if (right - (int) receiverWindows >= 0) {
            NativeMemory.setInt(receiver + Entry.PEER_MAX_END, right);
        }
        int senderAfter = newEnd > 0 ? senderKind | UNACKNOWLEDGED : senderKind;
        int receiverAfter = ack == receiverEnd ? receiverKind & ~UNACKNOWLEDGED : receiverKind;
        NativeMemory.setShort(sender + Entry.PEER_SCALE, senderAfter);
        NativeMemory.setShort(receiver + Entry.PEER_SCALE, receiverAfter);
        int fingerprint = TcpWindow.fingerprint(sequence, ack, end, field);
        int last = LAST_ACK_AT_EDGE | reply << 3;
        if (newEnd <= 0 && newAck <= 0) {
            last |= retransmits(tail, reply, fingerprint) << 4;
        }
        long chosen = ((senderAfter | receiverAfter) & UNACKNOWLEDGED) != 0 ? unacknowledged : established;
        if ((last >>> 4 & 3) >= TrackingProfile.MAX_RETRANSMITS) {
            chosen = retransmitted;
        }
        NativeMemory.setInt(line + Entry.DEADLINE, tick + (int) (chosen >>> 32));
        writeTail(note, line, tail, last, fingerprint, (int) chosen);
        return true;
    }

    private static int retransmits(long tail, int reply, int fingerprint) {
        int before = (int) (tail >>> LAST_SHIFT);
        boolean isSame = (before >>> 3 & 1) == reply && (tail >>> FINGERPRINT_SHIFT & 0xff) == fingerprint;
        return isSame ? Math.min(TrackingProfile.MAX_RETRANSMITS, (before >>> 4 & 3) + 1) : 0;
    }

    private void writeTail(long note, long line, long tail, int last, int fingerprint, int code) {
        int packets = (int) (tail >>> PACKETS_SHIFT & MAX_PACKETS) + 1;
        int bytes = (int) (tail >>> BYTES_SHIFT) + NativeMemory.getInt(note + FrameNote.IP_BYTES);
        if (packets > MAX_PACKETS || bytes > MAX_BYTES) {
            table.addCounters(NativeMemory.getInt(note + FrameNote.SLOT), packets, bytes);
            packets = 0;
            bytes = 0;
        }
        if ((tail & CLEAN) != 0) {
            table.noLongerClean(NativeMemory.getInt(note + FrameNote.SLOT));
        }
        NativeMemory.setLong(
                line + Entry.TAIL,
                code
                        | (long) last << LAST_SHIFT
                        | (long) fingerprint << FINGERPRINT_SHIFT
                        | (long) epoch << EPOCH_SHIFT
                        | (long) packets << PACKETS_SHIFT
                        | (long) bytes << BYTES_SHIFT);
    }

    /** Flags of both peers that decide: neither was picked up, and the sender's acknowledgement is known. */
    private static final int PLAIN_MASK =
            (TcpTracker.PEER_LIBERAL | TcpTracker.PEER_ACKNOWLEDGED) << 8 | TcpTracker.PEER_LIBERAL << 24;

    private static final int PLAIN_PEERS = TcpTracker.PEER_ACKNOWLEDGED << 8;
}
