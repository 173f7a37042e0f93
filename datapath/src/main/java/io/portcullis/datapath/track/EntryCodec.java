package io.portcullis.datapath.track;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * One connection as bytes. The lasting part: flags and family (1 byte), state (1), the key's word (6), the ends' addresses
 * (4 or 16 each), rule id, revision and both counters as varints; for TCP and SCTP both peers and the last packet. The ages: created,
 * time-out and time left, as varints in ticks.
 */
final class EntryCodec {
    /** No entry is longer. */
    static final int MAX_BYTES = 256;

    private static final int IPV6 = 0x80;
    private static final long MAX_TICKS = CoarseClock.ticks(Long.MAX_VALUE);

    private EntryCodec() {}

    static void writeLasting(ConnectionTable table, int slot, FlowKey key, ByteBuffer out) {
        table.key(slot, key);
        out.put((byte) ((table.getByte(slot, Entry.FLAGS) & Entry.ALL_FLAGS) | (key.isIpv6() ? IPV6 : 0)));
        out.put((byte) table.getByte(slot, Entry.STATE));
        out.putShort((short) (key.word >>> 32)).putInt((int) key.word);
        if (key.isIpv6()) {
            out.putLong(key.lowerHigh)
                    .putLong(key.lowerLow)
                    .putLong(key.upperHigh)
                    .putLong(key.upperLow);
        } else {
            out.putLong(key.addresses());
        }
        Varint.write(out, table.ruleId(slot));
        Varint.write(out, table.revision(slot));
        Varint.write(out, table.packets(slot));
        Varint.write(out, table.bytes(slot));
        if (table.state(slot).hasPeers()) {
            table.settle(slot);
            writePeer(table, slot, Entry.ORIGINAL_PEER, out);
            writePeer(table, slot, Entry.REPLY_PEER, out);
            writeLast(table, slot, out);
        }
    }

    static void writeAges(ConnectionTable table, int slot, long nowNanos, ByteBuffer out) {
        CoarseClock clock = table.clock();
        int now = clock.tick(nowNanos);
        Varint.write(out, now - table.getInt(slot, Entry.CREATED) & 0xffff_ffffL);
        Varint.write(out, clock.timeout(table.getByte(slot, Entry.TIMEOUT_CODE)));
        Varint.write(out, table.getInt(slot, Entry.DEADLINE) - now);
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
        out.put((byte) table.getByte(slot, Entry.LAST_KIND));
        out.put((byte) table.getByte(slot, Entry.LAST_DIRECTION));
        out.put((byte) table.getByte(slot, Entry.LAST_SCALE));
        out.put((byte) table.getByte(slot, Entry.LAST_FLAGS));
        out.put((byte) table.getByte(slot, Entry.RETRANSMITS));
        out.put((byte) table.getByte(slot, Entry.LAST_FINGERPRINT));
        out.putInt(table.getInt(slot, Entry.LAST_END));
        // only a SYN's is ever used again; of all others it matters whether it was 0, and the short way keeps no more
        int window = table.getShort(slot, Entry.LAST_WINDOW);
        boolean isSyn = table.getByte(slot, Entry.LAST_KIND) == TcpSegment.SYN;
        out.putShort((short) (isSyn ? window : Math.min(window, 1)));
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
            key.word = (in.getShort() & 0xffffL) << 32 | (in.getInt() & 0xffff_ffffL);
            boolean isSound = (flags & ~(IPV6 | Entry.ALL_FLAGS)) == 0
                    && ConnectionState.isCode(state)
                    && FlowKey.isSound(key.word)
                    && key.isIpv6() == ((flags & IPV6) != 0)
                    && EntryRules.fits(ConnectionState.ofCode(state), FlowKey.protocol(key.word), key.isIpv6());
            if (!isSound) {
                return ImportResult.DAMAGED;
            }
            readAddresses(in);
            if (table.find(key) != ConnectionTable.NONE) {
                return ImportResult.DUPLICATE;
            }
            int slot = table.add(key);
            if (slot == ConnectionTable.NONE) {
                return ImportResult.OVER_CAPACITY;
            }
            table.setByte(slot, Entry.FLAGS, flags & Entry.ALL_FLAGS);
            table.setByte(slot, Entry.STATE, state);
            table.judged(slot, Varint.read(in), Varint.read(in));
            table.setCounters(slot, Varint.read(in), Varint.read(in));
            if (ConnectionState.ofCode(state).hasPeers()) {
                boolean isSoundTcp = readPeer(in, slot, Entry.ORIGINAL_PEER)
                        && readPeer(in, slot, Entry.REPLY_PEER)
                        && readLast(in, slot);
                if (!isSoundTcp) {
                    return ImportResult.DAMAGED;
                }
            }
            return readAges(in, slot) ? ImportResult.IMPORTED : ImportResult.DAMAGED;
        }

        private void readAddresses(ByteBuffer in) {
            if (key.isIpv6()) {
                key.lowerHigh = in.getLong();
                key.lowerLow = in.getLong();
                key.upperHigh = in.getLong();
                key.upperLow = in.getLong();
                return;
            }
            key.lowerHigh = 0;
            key.lowerLow = in.getInt() & 0xffff_ffffL;
            key.upperHigh = 0;
            key.upperLow = in.getInt() & 0xffff_ffffL;
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
            int retransmits = in.get() & 0xff;
            table.setByte(slot, Entry.LAST_KIND, kind);
            table.setByte(slot, Entry.LAST_DIRECTION, direction);
            table.setByte(slot, Entry.LAST_SCALE, scale);
            table.setByte(slot, Entry.LAST_FLAGS, flags);
            table.setByte(slot, Entry.RETRANSMITS, retransmits);
            table.setByte(slot, Entry.LAST_FINGERPRINT, in.get() & 0xff);
            table.setInt(slot, Entry.LAST_END, in.getInt());
            table.setShort(slot, Entry.LAST_WINDOW, in.getShort());
            return kind <= TcpSegment.RST
                    && direction <= 1
                    && scale <= TcpSegment.MAX_SCALE
                    && retransmits <= TrackingProfile.MAX_RETRANSMITS
                    && (flags & ~TcpTracker.ALL_LAST_FLAGS) == 0;
        }

        private boolean readAges(ByteBuffer in, int slot) {
            long created = Varint.read(in);
            long timeout = Varint.read(in);
            long left = Varint.read(in);
            int now = table.clock().tick(nowNanos);
            boolean isSound =
                    created >>> 32 == 0 && timeout >= 0 && timeout <= MAX_TICKS && left > 0 && left <= MAX_TICKS;
            if (isSound) {
                table.setInt(slot, Entry.CREATED, now - (int) created);
                table.setByte(slot, Entry.TIMEOUT_CODE, table.clock().code((int) timeout));
                table.setInt(slot, Entry.DEADLINE, now + (int) left);
            }
            return isSound;
        }
    }
}
