package io.portcullis.datapath.track;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.offload.FlowOffload;
import io.portcullis.datapath.offload.OffloadedFlow;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.policy.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Connection tracking of one vNIC: finds the connection of a packet, judges whether it is a valid next packet, and keeps
 * the connection's state. One thread at a time; neither allocates (but when the table grows) nor throws for any packet.
 *
 * <p>TCP follows {@link TcpTracker}, SCTP {@link SctpTracker}; UDP, ICMP echo by identifier, and other protocols by address pair follow the trackers
 * of Linux (nf_conntrack_proto_*.c). An ICMP error is RELATED if it quotes a packet that a connection's end sent and goes
 * back to that end (RFC 5927: a TCP sequence number in the quote must be in flight); it refreshes nothing.
 *
 * <p>What a policy does with a packet is the caller's: a hit has changed the connection's state already, a MISS_NEW has
 * changed nothing until {@link #insert}.
 */
public final class ConnectionTracker implements AutoCloseable {
    /** How many slots an insertion into a full table looks at in search of one whose time is over. */
    private static final int FULL_TABLE_SWEEP_SLOTS = 64;

    private final ConnectionTable table;
    private TrackingProfile profile;
    private boolean picksUpTcp;
    /** Shared with the other trackers of the thread. */
    private final TrackingScratch scratch;
    /** Of the key of the last packet that was looked up. */
    private long hash;
    /** Whether {@link #insert} finds key and hash of its packet. */
    private boolean isKeyReady;
    /** Null before there is a port for it. */
    private @Nullable OffloadedConnections offloaded;

    private @Nullable FtpHelper ftp;
    private int expectation = Expectations.NONE;
    private int connection = ConnectionTable.NONE;
    private boolean isReply;

    /** A tracker over a table, which is closed with it. */
    public ConnectionTracker(ConnectionTable table, TrackingProfile profile) {
        this(table, profile, new TrackingScratch());
    }

    /** As {@link #ConnectionTracker(ConnectionTable, TrackingProfile)}, one of many in a thread: they share what is only of use for the packet at hand. */
    public ConnectionTracker(ConnectionTable table, TrackingProfile profile, TrackingScratch scratch) {
        this.table = table;
        this.profile = profile;
        this.picksUpTcp = profile.isLoose();
        this.scratch = scratch;
    }

    /** The connections whose plain packets a port passes; null before there was a port. */
    public @Nullable OffloadedConnections offloaded() {
        return offloaded;
    }

    /** As {@link OffloadedConnections#use}. */
    public void offloadTo(@Nullable FlowOffload port, int afterPackets, Predicate<OffloadedFlow> isSafe) {
        OffloadedConnections connections = offloaded;
        if (connections == null) {
            connections = new OffloadedConnections(this);
            offloaded = connections;
        }
        connections.use(port, afterPackets, isSafe);
    }

    /** As {@link OffloadedConnections#revokeAll}. */
    public void endOffload() {
        if (offloaded != null) {
            offloaded.revokeAll();
        }
    }

    /** As {@link OffloadedConnections#readBackAll}. */
    public void readBackOffloaded() {
        if (offloaded != null) {
            offloaded.readBackAll();
        }
    }

    /** Puts other time-outs and choices in force; a connection meets them with its next packet. */
    public void setProfile(TrackingProfile newProfile) {
        setProfile(newProfile, newProfile.isLoose());
    }

    /**
     * As {@link #setProfile(TrackingProfile)}, where some connections may be picked up in mid-stream though the profile is strict.
     *
     * @param newPicksUpTcp whether a segment with ACK may be MISS_NEW; whether this one may, the caller knows
     */
    public void setProfile(TrackingProfile newProfile, boolean newPicksUpTcp) {
        endOffload();
        profile = newProfile;
        picksUpTcp = newPicksUpTcp;
        if (scratch.isOf(this)) {
            scratch.isFor(null);
        }
    }

    /** From now on the scratch is this tracker's. */
    private FlowKey begin() {
        connection = ConnectionTable.NONE;
        expectation = Expectations.NONE;
        isKeyReady = false;
        if (!scratch.isOf(this)) {
            scratch.tcp.turnTo(table, profile, picksUpTcp);
            scratch.sctp.turnTo(table, profile);
            scratch.isFor(this);
        }
        return scratch.key;
    }

    /** Whether data connections of FTP are expected as their control connections announce them; see {@link FtpHelper}. */
    public void setFtpHelper(boolean isOn) {
        endOffload();
        ftp = !isOn ? null : ftp == null ? new FtpHelper() : ftp;
    }

    /**
     * Whether some connections' payload is looked at: then valid segments of port {@value FtpHelper#CONTROL_PORT} must come to
     * {@link #lookup}.
     */
    public boolean hasHelper() {
        return ftp != null;
    }

    public TrackingProfile profile() {
        return profile;
    }

    public ConnectionTable table() {
        return table;
    }

    /** Slot of the last hit, RELATED or insertion, or {@link ConnectionTable#NONE}; valid until the next call. */
    public int connection() {
        return connection;
    }

    /** Whether the last hit or RELATED packet goes towards the end that opened the connection. */
    public boolean isReply() {
        return isReply;
    }

    /** Finds the connection of a parsed packet and moves its state. */
    public TrackResult lookup(PacketView packet, long nowNanos) {
        FlowKey key = begin();
        if (packet.family == null) {
            return TrackResult.INVALID_NOT_IP;
        }
        if (packet.isLaterFragment) {
            return TrackResult.INVALID_FRAGMENT;
        }
        if (packet.isIcmpError()) {
            return related(packet, nowNanos);
        }
        if (!key.set(packet)) {
            return isGroupControl(packet) ? TrackResult.MISS_UNTRACKED : TrackResult.INVALID_NO_CONNECTION;
        }
        if (table.count() == 0) {
            // whoever has no connection needs no hash
            TrackResult result = follow(ConnectionTable.NONE, packet, nowNanos);
            isKeyReady = false;
            return result;
        }
        hash = table.hash(key);
        return follow(table.find(key, hash), packet, nowNanos);
    }

    /** As {@link #lookup}, of a packet of which a {@link BurstLookup} has made this {@link FrameNote}. */
    TrackResult lookup(PacketView packet, long note, long nowNanos) {
        FlowKey key = begin();
        key.set(
                packet,
                NativeMemory.getLong(note + FrameNote.WORD),
                NativeMemory.getShort(note + FrameNote.FROM_LOWER) != 0);
        hash = NativeMemory.getLong(note + FrameNote.HASH);
        int noted = NativeMemory.getInt(note + FrameNote.SLOT);
        // an earlier packet of the burst may have opened or ended it
        boolean isThere = noted != ConnectionTable.NONE && table.isIn(noted, key);
        return follow(isThere ? noted : table.find(key, hash), packet, nowNanos);
    }

    private TrackResult follow(int found, PacketView packet, long nowNanos) {
        int slot = live(found, nowNanos);
        if (slot == ConnectionTable.NONE) {
            isKeyReady = true;
            TrackResult result = first(packet);
            return ftp != null && result == TrackResult.MISS_NEW && isExpected(ftp, packet, nowNanos)
                    ? TrackResult.MISS_EXPECTED
                    : result;
        }
        FlowKey key = scratch.key;
        isReply = key.isFromLower != table.hasFlag(slot, Entry.FROM_LOWER);
        TrackResult result = next(slot, packet, nowNanos);
        if (result.isHit()) {
            connection = slot;
            count(slot, packet);
            if (ftp != null && packet.isTcp()) {
                ftp.inspect(key, isReply, packet, nowNanos);
            }
        } else if (result != TrackResult.MISS_NEW) {
            // an invalid packet may shorten a time-out
            table.changed(slot);
        }
        return result;
    }

    /**
     * Slot of the live connection that a packet of either direction belongs to, or {@link ConnectionTable#NONE}. Changes nothing, whatever
     * else is under way; allocates.
     */
    public int peek(PacketView packet, long nowNanos) {
        FlowKey asked = new FlowKey();
        int slot = asked.set(packet) ? table.find(asked) : ConnectionTable.NONE;
        return slot != ConnectionTable.NONE && table.isLive(slot, nowNanos) ? slot : ConnectionTable.NONE;
    }

    /** Slot of the connection that announced the one that the last {@link #lookup} found to be MISS_EXPECTED. */
    public int expectedBy() {
        return ftp == null || expectation == Expectations.NONE
                ? ConnectionTable.NONE
                : table.find(ftp.expectations().parent(expectation));
    }

    /** Slot of the connection that announced this one, or {@link ConnectionTable#NONE} if that is over or not known any more. */
    public int parent(int slot) {
        if (ftp == null || !table.isExpected(slot)) {
            return ConnectionTable.NONE;
        }
        table.key(slot, scratch.childKey);
        int fulfilled = ftp.expectations().findFulfilled(scratch.childKey);
        return fulfilled == Expectations.NONE
                ? ConnectionTable.NONE
                : table.find(ftp.expectations().parent(fulfilled));
    }

    private boolean isExpected(FtpHelper helper, PacketView packet, long nowNanos) {
        if (!packet.isTcp() || (packet.tcpFlags & PacketView.TCP_ACK) != 0) {
            return false;
        }
        int found = helper.expectations().find(packet, nowNanos);
        if (found == Expectations.NONE) {
            return false;
        }
        int parent = table.find(helper.expectations().parent(found));
        if (parent == ConnectionTable.NONE || table.isExpired(parent, nowNanos)) {
            return false;
        }
        expectation = found;
        return true;
    }

    /**
     * Inserts the connection that the last {@link #lookup} found to be MISS_NEW.
     *
     * @param packet the same packet
     * @param direction in which it goes
     * @param ruleId rule that admits it
     */
    public InsertResult insert(PacketView packet, Direction direction, long ruleId, long revision, long nowNanos) {
        connection = ConnectionTable.NONE;
        if (!isKeyReady || !scratch.isOf(this)) {
            takeKey(packet);
        }
        FlowKey key = scratch.key;
        if (table.count() >= table.maxConnections()) {
            table.expire(nowNanos, FULL_TABLE_SWEEP_SLOTS);
        }
        int slot = table.add(key, hash);
        if (slot == ConnectionTable.NONE) {
            return InsertResult.TABLE_FULL;
        }
        isKeyReady = false;
        FtpHelper helper = ftp;
        boolean isExpected = helper != null && expectation != Expectations.NONE;
        if (helper != null && isExpected) {
            helper.expectations().fulfil(expectation, key);
            expectation = Expectations.NONE;
        }
        int flags = (isExpected ? Entry.EXPECTED : 0)
                | (direction == Direction.OUT ? Entry.OUTBOUND : 0)
                | (key.isFromLower ? Entry.FROM_LOWER : 0);
        table.setByte(slot, Entry.FLAGS, flags);
        table.judged(slot, ruleId, revision);
        table.setCreated(slot, nowNanos);
        if (packet.isTcp()) {
            scratch.tcp.open(slot, packet, nowNanos);
        } else if (packet.isSctp()) {
            scratch.sctp.open(slot, packet, nowNanos);
        } else {
            state(slot, firstState(packet), nowNanos);
        }
        isReply = false;
        count(slot, packet);
        connection = slot;
        return InsertResult.INSERTED;
    }

    private void takeKey(PacketView packet) {
        int expected = expectation;
        FlowKey key = begin();
        expectation = expected;
        if (packet.family == null || packet.isLaterFragment || packet.isIcmpError() || !key.set(packet)) {
            throw new IllegalArgumentException("only what lookup finds to be MISS_NEW can be inserted");
        }
        hash = table.hash(key);
    }

    /** Removes a connection, for example one that a new policy cuts. */
    public void remove(int slot) {
        table.remove(slot);
        connection = ConnectionTable.NONE;
    }

    /**
     * Removes connections whose time is over, and memory that nobody needs: every second or so.
     *
     * @param maxSlots bound on the work; the next call goes on where this one stopped
     * @return how many were removed
     */
    public int expire(long nowNanos, int maxSlots) {
        connection = ConnectionTable.NONE;
        table.trim();
        return table.expire(nowNanos, maxSlots);
    }

    /** Tells on which rules connections rest that {@link #expire} has met since the last call. */
    public void tellUse(long nowNanos, RuleUse use) {
        table.tellUse(nowNanos, use);
    }

    /** A copy of all connections whose time is not over. */
    public TableSnapshot export(long nowNanos) {
        readBackOffloaded();
        TableSnapshot connections = TableCodec.export(table, nowNanos);
        List<byte[]> announced = exportExpectations(nowNanos);
        if (announced.isEmpty()) {
            return connections;
        }
        List<byte[]> chunks = new ArrayList<>(connections.chunks());
        chunks.addAll(announced);
        return new TableSnapshot(chunks, connections.entries(), connections.digest());
    }

    /** Replaces all connections by those of a snapshot, or changes nothing. */
    public ImportResult importSnapshot(TableSnapshot snapshot, long nowNanos) {
        connection = ConnectionTable.NONE;
        endOffload();
        Expectations announced = new Expectations();
        ImportResult result = TableCodec.importInto(table, snapshot, announced, nowNanos);
        if (result == ImportResult.IMPORTED && ftp != null) {
            ftp.expectations().takeOver(announced);
        }
        return result;
    }

    /**
     * Begins an export in rounds, during which connections go on.
     *
     * @param version of the chunks, see {@link TableCodec}: the newest that the other side reads
     */
    public TableExport beginExport(int version) {
        return new TableExport(this, SentEntries.withDigests(), version);
    }

    /** As {@link #beginExport}, for as long as there is the table: it takes less memory, and knows no digest. */
    public TableExport beginCopy() {
        return new TableExport(this, SentEntries.counted(), TableCodec.VERSION_WITHOUT_COLUMNS);
    }

    /** Begins an import in rounds, which changes nothing here until it is finished. */
    public TableImport beginImport() {
        return new TableImport(table);
    }

    /** Ends an import in rounds: replaces all connections by what came, or changes nothing. */
    public ImportResult finishImport(TableImport taken, int entries, long digest) {
        connection = ConnectionTable.NONE;
        endOffload();
        ImportResult result = taken.finish(entries, digest);
        Expectations announced = taken.expectations();
        if (result == ImportResult.IMPORTED && ftp != null && announced != null) {
            ftp.expectations().takeOver(announced);
        }
        return result;
    }

    /** What connections have announced, as a chunk of an export, if there is anything; after all connections. */
    List<byte[]> exportExpectations(long nowNanos) {
        return ftp == null ? List.of() : TableCodec.expectations(ftp.expectations(), nowNanos);
    }

    /** At most {@code limit} connections, in no order. */
    public List<ConnectionInfo> list(int limit, long nowNanos) {
        readBackOffloaded();
        return table.list(limit, nowNanos);
    }

    @Override
    public void close() {
        endOffload();
        if (scratch.isOf(this)) {
            scratch.isFor(null);
        }
        table.close();
    }

    /** The slot, or NONE if the time of its connection is over: then that is removed. */
    private int live(int slot, long nowNanos) {
        if (slot != ConnectionTable.NONE) {
            table.takeBack(slot);
        }
        if (slot != ConnectionTable.NONE && table.isExpired(slot, nowNanos)) {
            table.remove(slot);
            return ConnectionTable.NONE;
        }
        return slot;
    }

    private TrackResult first(PacketView packet) {
        if (packet.isTcp()) {
            return scratch.tcp.first(packet);
        }
        if (packet.isSctp()) {
            return scratch.sctp.first(packet);
        }
        return scratch.key.mayOpen ? TrackResult.MISS_NEW : TrackResult.INVALID_NO_CONNECTION;
    }

    private TrackResult next(int slot, PacketView packet, long nowNanos) {
        if (packet.isTcp() || packet.isSctp()) {
            table.settle(slot);
            TrackResult result = packet.isTcp()
                    ? scratch.tcp.next(slot, isReply, packet, nowNanos)
                    : scratch.sctp.next(slot, isReply, packet, nowNanos);
            if (result == TrackResult.HIT_REPLY) {
                table.setFlag(slot, Entry.SEEN_REPLY);
            }
            return result;
        }
        if (isReply) {
            table.setFlag(slot, Entry.SEEN_REPLY);
        }
        state(slot, nextState(slot, nowNanos), nowNanos);
        return isReply ? TrackResult.HIT_REPLY : TrackResult.HIT_ORIGINAL;
    }

    private static ConnectionState firstState(PacketView packet) {
        if (packet.isUdp()) {
            return ConnectionState.UDP_NEW;
        }
        return packet.isIcmp() ? ConnectionState.ICMP_NEW : ConnectionState.OTHER_NEW;
    }

    private ConnectionState nextState(int slot, long nowNanos) {
        ConnectionState state = table.state(slot);
        if (!table.isAnswered(slot)) {
            return state;
        }
        return switch (state) {
            case UDP_NEW, UDP_ANSWERED ->
                table.ageNanos(slot, nowNanos) > TrackingProfile.UDP_STREAM_AFTER_NANOS
                        ? ConnectionState.UDP_STREAM
                        : ConnectionState.UDP_ANSWERED;
            case ICMP_NEW -> ConnectionState.ICMP_ANSWERED;
            case OTHER_NEW -> ConnectionState.OTHER_ANSWERED;
            default -> state;
        };
    }

    private void state(int slot, ConnectionState state, long nowNanos) {
        table.setState(slot, state);
        table.keep(slot, nowNanos, profile.nanos(state));
    }

    private void count(int slot, PacketView packet) {
        table.count(slot, packet.ipLength);
        table.changed(slot);
    }

    private TrackResult related(PacketView error, long nowNanos) {
        PacketView quoted = scratch.quoted();
        FlowKey key = scratch.key;
        boolean isSound = PacketParser.parseQuoted(error, quoted) == ParseResult.OK
                && quoted.family != null
                && !quoted.isLaterFragment
                && !quoted.isIcmpError()
                && quoted.sourceHigh == error.destinationHigh
                && quoted.sourceLow == error.destinationLow
                && key.set(quoted);
        if (!isSound) {
            return TrackResult.INVALID_UNRELATED_ERROR;
        }
        int slot = live(table.find(key), nowNanos);
        if (slot == ConnectionTable.NONE) {
            return TrackResult.INVALID_UNRELATED_ERROR;
        }
        boolean isQuoteReply = key.isFromLower != table.hasFlag(slot, Entry.FROM_LOWER);
        if (quoted.isTcp() && !scratch.tcp.isInFlight(slot, isQuoteReply, quoted.tcpSequence)) {
            return TrackResult.INVALID_FORGED_ERROR;
        }
        connection = slot;
        isReply = !isQuoteReply;
        return TrackResult.RELATED;
    }

    /** Multicast listener discovery (RFC 2710, 3810) and neighbour discovery (RFC 4861). */
    private static boolean isGroupControl(PacketView packet) {
        return packet.protocol == PacketView.PROTOCOL_ICMPV6
                && packet.family == IpFamily.IPV6
                && ((packet.icmpType >= 130 && packet.icmpType <= 137) || packet.icmpType == 143);
    }
}
