package io.portcullis.datapath.track;

import java.nio.ByteBuffer;

/**
 * One connection as plain bytes, for its digest: everything but times, in the same bytes on every host. Flags and family (1 byte),
 * state (1), the key's word (6), the ends' addresses (4 or 16 each), rule id, revision (and, if it was judged again,
 * those that admitted it) and both counters as varints; for TCP and SCTP
 * both peers and the last packet. What goes on the wire is shorter, see {@link EntryModel}.
 */
final class EntryCodec {
    /** No entry is longer. */
    static final int MAX_BYTES = 256;

    /** No key is longer. */
    static final int MAX_KEY_BYTES = 38;

    private static final int KEY_WORD_BYTES = 6;
    private static final int IPV4_BYTES = 8;
    private static final int IPV6_BYTES = 32;
    private static final int IPV6 = 0x80;

    private EntryCodec() {}

    static void writeLasting(ConnectionTable table, int slot, FlowKey key, ByteBuffer out) {
        table.key(slot, key);
        out.put((byte) ((table.getByte(slot, Entry.FLAGS) & Entry.ALL_FLAGS) | (key.isIpv6() ? IPV6 : 0)));
        out.put((byte) table.getByte(slot, Entry.STATE));
        writeKey(key, out);
        Varint.write(out, table.ruleId(slot));
        Varint.write(out, table.revision(slot));
        if (table.isJudgedAgain(slot)) {
            Varint.write(out, table.admittingRuleId(slot));
            Varint.write(out, table.admittingRevision(slot));
        }
        Varint.write(out, table.packets(slot));
        Varint.write(out, table.bytes(slot));
        if (table.state(slot).hasPeers()) {
            table.settle(slot);
            writePeer(table, slot, Entry.ORIGINAL_PEER, out);
            writePeer(table, slot, Entry.REPLY_PEER, out);
            writeLast(table, slot, out);
        }
    }

    /** The key's word (6 bytes) and addresses (4 or 16 each). */
    static void writeKey(FlowKey key, ByteBuffer out) {
        out.putShort((short) (key.word >>> 32)).putInt((int) key.word);
        if (key.isIpv6()) {
            out.putLong(key.lowerHigh)
                    .putLong(key.lowerLow)
                    .putLong(key.upperHigh)
                    .putLong(key.upperLow);
        } else {
            out.putLong(key.addresses());
        }
    }

    /** False if there is none. */
    static boolean readKey(ByteBuffer in, FlowKey key) {
        if (in.remaining() < KEY_WORD_BYTES) {
            return false;
        }
        key.word = (in.getShort() & 0xffffL) << 32 | (in.getInt() & 0xffff_ffffL);
        if (!FlowKey.isSound(key.word) || in.remaining() < (key.isIpv6() ? IPV6_BYTES : IPV4_BYTES)) {
            return false;
        }
        long addresses = key.isIpv6() ? 0 : in.getLong();
        key.lowerHigh = key.isIpv6() ? in.getLong() : 0;
        key.lowerLow = key.isIpv6() ? in.getLong() : addresses >>> 32;
        key.upperHigh = key.isIpv6() ? in.getLong() : 0;
        key.upperLow = key.isIpv6() ? in.getLong() : addresses & 0xffff_ffffL;
        return true;
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
        out.putShort((short) lastWindow(table, slot));
    }

    /** Only a SYN's is ever used again; of all others it matters whether it was 0, and the short way keeps no more. */
    static int lastWindow(ConnectionTable table, int slot) {
        int window = table.getShort(slot, Entry.LAST_WINDOW);
        boolean isSyn = table.getByte(slot, Entry.LAST_KIND) == TcpSegment.SYN;
        return isSyn ? window : Math.min(window, 1);
    }

    /** Of one entry's lasting part; the digests of a table's entries are summed. Not secret: both sides must agree. */
    static long digest(ByteBuffer bytes, int start, int end) {
        long hash = begin(end - start);
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

    static long begin(int length) {
        return 0x9e37_79b9_7f4a_7c15L ^ length;
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over a multiplied word. */
    static long mix(long value) {
        long z = value * 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }
}
