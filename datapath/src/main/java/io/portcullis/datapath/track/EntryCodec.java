package io.portcullis.datapath.track;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * One connection as bytes. The lasting part: family and flags (1 byte), state (1), protocol (1), the ends' addresses (4 or
 * 16 each) and ports (2 each), the ICMP question (1) and its asking end (1) for ICMP only, rule id, revision and the four
 * counters as varints; for TCP both peers and the last packet. The ages: created, last seen and time left, as varints in
 * nanoseconds.
 */
final class EntryCodec {
    /** No entry is longer. */
    static final int MAX_BYTES = 256;

    private static final int IPV6 = 0x80;

    private EntryCodec() {}

    static void writeLasting(ConnectionTable table, int slot, ByteBuffer out) {
        long meta = table.getLong(slot, Entry.META);
        boolean isIpv6 = FlowKey.isIpv6(meta);
        out.put((byte) (table.getByte(slot, Entry.FLAGS) | (isIpv6 ? IPV6 : 0)));
        out.put((byte) table.getByte(slot, Entry.STATE));
        out.put((byte) FlowKey.protocol(meta));
        if (isIpv6) {
            out.putLong(table.getLong(slot, Entry.LOWER_HIGH)).putLong(table.getLong(slot, Entry.LOWER_LOW));
            out.putLong(table.getLong(slot, Entry.UPPER_HIGH)).putLong(table.getLong(slot, Entry.UPPER_LOW));
        } else {
            out.putInt((int) table.getLong(slot, Entry.LOWER_LOW)).putInt((int) table.getLong(slot, Entry.UPPER_LOW));
        }
        out.putShort((short) FlowKey.lowerPort(meta)).putShort((short) FlowKey.upperPort(meta));
        if (FlowKey.isIcmp(meta)) {
            out.putShort((short) meta);
        }
        Varint.write(out, table.getLong(slot, Entry.RULE_ID));
        Varint.write(out, table.getLong(slot, Entry.REVISION));
        for (int field = Entry.ORIGINAL_PACKETS; field <= Entry.REPLY_BYTES; field += 8) {
            Varint.write(out, table.getLong(slot, field));
        }
        if (table.isTcp(slot)) {
            writePeer(table, slot, Entry.ORIGINAL_PEER, out);
            writePeer(table, slot, Entry.REPLY_PEER, out);
            writeLast(table, slot, out);
        }
    }

    static void writeAges(ConnectionTable table, int slot, long nowNanos, ByteBuffer out) {
        Varint.write(out, Math.max(0, nowNanos - table.getLong(slot, Entry.CREATED_NANOS)));
        Varint.write(out, Math.max(0, nowNanos - table.getLong(slot, Entry.LAST_SEEN_NANOS)));
        Varint.write(out, Math.max(0, table.getLong(slot, Entry.DEADLINE_NANOS) - nowNanos));
    }

    private static void writePeer(ConnectionTable table, int slot, int peer, ByteBuffer out) {
        int end = table.getInt(slot, peer + Entry.PEER_END);
        out.put((byte) table.getByte(slot, peer + Entry.PEER_FLAGS));
        out.put((byte) table.getByte(slot, peer + Entry.PEER_SCALE));
        out.putInt(end);
        Varint.write(out, Varint.zigzag(table.getInt(slot, peer + Entry.PEER_MAX_END) - end));
        Varint.write(out, table.getInt(slot, peer + Entry.PEER_MAX_WINDOW) & 0xffff_ffffL);
        out.putInt(table.getInt(slot, peer + Entry.PEER_MAX_ACK));
    }

    private static void writeLast(ConnectionTable table, int slot, ByteBuffer out) {
        int sequence = table.getInt(slot, Entry.LAST_SEQUENCE);
        out.put((byte) table.getByte(slot, Entry.LAST_KIND));
        out.put((byte) table.getByte(slot, Entry.LAST_DIRECTION));
        out.put((byte) table.getByte(slot, Entry.LAST_SCALE));
        out.put((byte) table.getByte(slot, Entry.LAST_FLAGS));
        out.put((byte) table.getByte(slot, Entry.RETRANSMITS));
        out.putInt(sequence);
        out.putInt(table.getInt(slot, Entry.LAST_ACK));
        Varint.write(out, Varint.zigzag(table.getInt(slot, Entry.LAST_END) - sequence));
        Varint.write(out, table.getInt(slot, Entry.LAST_WINDOW) & 0xffff_ffffL);
    }

    /** Of one entry's lasting part; the digests of a table's entries are summed. Not secret: both sides must agree. */
    static long digest(ByteBuffer bytes, int start, int end) {
        long hash = 0x9e37_79b9_7f4a_7c15L ^ end - start;
        int at = start;
        for (; at + 8 <= end; at += 8) {
            hash = mix(hash ^ bytes.getLong(at));
        }
        long rest = 0;
        for (; at < end; at++) {
            rest = rest << 8 | (bytes.get(at) & 0xff);
        }
        return mix(hash ^ rest);
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over a multiplied word. */
    private static long mix(long value) {
        long z = value * 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }

    /** Puts entries into an empty table that is thrown away if one of them is refused. */
    static final class Reader {
        private final ConnectionTable table;
        private final long nowNanos;
        private final FlowKey key = new FlowKey();

        Reader(ConnectionTable table, long nowNanos) {
            this.table = table;
            this.nowNanos = nowNanos;
        }

        ImportResult read(ByteBuffer in) {
            try {
                return readEntry(in);
            } catch (BufferUnderflowException e) {
                return ImportResult.DAMAGED;
            }
        }

        private ImportResult readEntry(ByteBuffer in) {
            int flags = in.get() & 0xff;
            int state = in.get() & 0xff;
            int protocol = in.get() & 0xff;
            boolean isSound = (flags & ~(IPV6 | Entry.ALL_FLAGS)) == 0
                    && ConnectionState.isCode(state)
                    && EntryRules.fits(ConnectionState.ofCode(state), protocol, (flags & IPV6) != 0);
            if (!isSound) {
                return ImportResult.DAMAGED;
            }
            readKey(in, protocol, (flags & IPV6) != 0);
            if (table.find(key) != ConnectionTable.NONE) {
                return ImportResult.DUPLICATE;
            }
            int slot = table.add(key);
            if (slot == ConnectionTable.NONE) {
                return ImportResult.OVER_CAPACITY;
            }
            table.setByte(slot, Entry.FLAGS, flags & Entry.ALL_FLAGS);
            table.setByte(slot, Entry.STATE, state);
            table.setLong(slot, Entry.RULE_ID, Varint.read(in));
            table.setLong(slot, Entry.REVISION, Varint.read(in));
            for (int field = Entry.ORIGINAL_PACKETS; field <= Entry.REPLY_BYTES; field += 8) {
                table.setLong(slot, field, Varint.read(in));
            }
            if (ConnectionState.ofCode(state).isTcp()) {
                boolean isSoundTcp = readPeer(in, slot, Entry.ORIGINAL_PEER)
                        && readPeer(in, slot, Entry.REPLY_PEER)
                        && readLast(in, slot);
                if (!isSoundTcp) {
                    return ImportResult.DAMAGED;
                }
            }
            return readAges(in, slot) ? ImportResult.IMPORTED : ImportResult.DAMAGED;
        }

        private void readKey(ByteBuffer in, int protocol, boolean isIpv6) {
            key.lowerHigh = isIpv6 ? in.getLong() : 0;
            key.lowerLow = isIpv6 ? in.getLong() : in.getInt() & 0xffff_ffffL;
            key.upperHigh = isIpv6 ? in.getLong() : 0;
            key.upperLow = isIpv6 ? in.getLong() : in.getInt() & 0xffff_ffffL;
            long ports = in.getInt() & 0xffff_ffffL;
            key.meta = ports << 32 | (long) protocol << 24 | (isIpv6 ? 6L : 4L) << 16;
            if (FlowKey.isIcmp(key.meta)) {
                key.meta |= in.getShort() & 0xffffL;
            }
        }

        private boolean readPeer(ByteBuffer in, int slot, int peer) {
            int flags = in.get() & 0xff;
            int scale = in.get() & 0xff;
            int end = in.getInt();
            table.setByte(slot, peer + Entry.PEER_FLAGS, flags);
            table.setByte(slot, peer + Entry.PEER_SCALE, scale);
            table.setInt(slot, peer + Entry.PEER_END, end);
            table.setInt(slot, peer + Entry.PEER_MAX_END, end + (int) Varint.unzigzag(Varint.read(in)));
            table.setInt(slot, peer + Entry.PEER_MAX_WINDOW, (int) Varint.read(in));
            table.setInt(slot, peer + Entry.PEER_MAX_ACK, in.getInt());
            return (flags & ~TcpTracker.ALL_PEER_FLAGS) == 0 && scale <= TcpSegment.MAX_SCALE;
        }

        private boolean readLast(ByteBuffer in, int slot) {
            int kind = in.get() & 0xff;
            int direction = in.get() & 0xff;
            int scale = in.get() & 0xff;
            int flags = in.get() & 0xff;
            table.setByte(slot, Entry.LAST_KIND, kind);
            table.setByte(slot, Entry.LAST_DIRECTION, direction);
            table.setByte(slot, Entry.LAST_SCALE, scale);
            table.setByte(slot, Entry.LAST_FLAGS, flags);
            table.setByte(slot, Entry.RETRANSMITS, in.get() & 0xff);
            int sequence = in.getInt();
            table.setInt(slot, Entry.LAST_SEQUENCE, sequence);
            table.setInt(slot, Entry.LAST_ACK, in.getInt());
            table.setInt(slot, Entry.LAST_END, sequence + (int) Varint.unzigzag(Varint.read(in)));
            table.setInt(slot, Entry.LAST_WINDOW, (int) Varint.read(in));
            return kind <= TcpSegment.RST
                    && direction <= 1
                    && scale <= TcpSegment.MAX_SCALE
                    && (flags & ~TcpTracker.ALL_LAST_FLAGS) == 0;
        }

        private boolean readAges(ByteBuffer in, int slot) {
            long created = Varint.read(in);
            long lastSeen = Varint.read(in);
            long left = Varint.read(in);
            table.setLong(slot, Entry.CREATED_NANOS, nowNanos - created);
            table.setLong(slot, Entry.LAST_SEEN_NANOS, nowNanos - lastSeen);
            table.setLong(slot, Entry.DEADLINE_NANOS, nowNanos + left);
            return lastSeen >= 0 && created >= lastSeen && left > 0;
        }
    }
}
