package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.packet.PacketView;
import org.jspecify.annotations.Nullable;

/**
 * Finds the connections of up to {@value #FRAMES} frames at once: takes and hashes the keys of all, touches all buckets of the
 * index, then all entries, so that the waits for memory overlap instead of adding up. What it knows of a frame is a {@link
 * FrameNote}. One thread, no allocation.
 *
 * <p>Knows only the plainest frames: untagged Ethernet II, IPv4 without options or IPv6 without extension headers, no fragment,
 * and in it a TCP segment with nothing but ACK (and PSH, URG) set, without options or with a time stamp alone, or a UDP datagram.
 * Other TCP segments are {@link FrameNote#AWAITED}; everything else, and everything that is not sound, is {@link FrameNote#OTHER}: the
 * parser judges it.
 *
 * <p>Fields of frames are read as the machine has them (little endian) where only equality or a sum matters (RFC 1071, 2(B): the
 * sum does not depend on the byte order).
 */
final class BurstLookup {
    /** How many frames at a time: their notes, buckets, entries and headers fit the first-level cache together. */
    static final int FRAMES = 64;

    private static final int ETHERNET = 14;
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int TCP_BYTES = 20;
    private static final int UDP_BYTES = 8;
    private static final int TIME_STAMP_BYTES = 12;

    // ---- as they lie in memory: type 16, first byte of IP 8 ----
    private static final int IPV4_START = 0x45_0008;
    private static final int IPV4_START_MASK = 0xff_ffff;
    private static final int IPV6_START = 0x60_dd86;
    private static final int IPV6_START_MASK = 0xf0_ffff;
    /** Of the first 8 bytes of an IPv4 header: more fragments, and the offset. */
    private static final long FRAGMENT_MASK = 0xff3f_0000_0000_0000L;
    // ---- offset and reserved 8, flags 8 of the 13th byte of a TCP header on ----
    private static final int TCP_MASK =
            0xf0 | (PacketView.TCP_FIN | PacketView.TCP_SYN | PacketView.TCP_RST | PacketView.TCP_ACK) << 8;
    private static final int TCP_PLAIN = 0x50 | PacketView.TCP_ACK << 8;
    private static final int TCP_STAMPED = 0x80 | PacketView.TCP_ACK << 8;
    /** NOP, NOP, time stamp of 10 bytes: as RFC 7323, appendix A, recommends. */
    private static final int TIME_STAMP = 0x0a08_0101;

    private ConnectionTable table;
    /** The table's; null before the first frame. */
    private @Nullable KeyHash keyHash;
    /** Null before the first frame. */
    private NativeMemory.@Nullable Piece memory;
    /** Where the notes are: number i at {@code notes + i * FrameNote.BYTES}. */
    long notes;
    /** Addresses of the notes whose connection is not in its first bucket. */
    private long unmatched;
    /** Whether one of the frames needs more than its connection's line. */
    private boolean hasRest;

    /** Keeps the touches alive. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    BurstLookup(ConnectionTable table) {
        this.table = table;
    }

    /** From now on it looks for connections of this table. */
    void turnTo(ConnectionTable newTable) {
        table = newTable;
        keyHash = null;
    }

    private KeyHash keyHash() {
        KeyHash hash = keyHash;
        if (hash == null) {
            hash = table.keyHash();
            keyHash = hash;
        }
        return hash;
    }

    private void begin() {
        NativeMemory.Piece piece = NativeMemory.allocate(FRAMES * (FrameNote.BYTES + Long.BYTES));
        memory = piece;
        notes = piece.address();
        unmatched = notes + (long) FRAMES * FrameNote.BYTES;
    }

    void free() {
        if (memory != null) {
            memory.free();
        }
    }

    // ---- frames ----

    void skip(int i) {
        if (notes == 0) {
            begin();
        }
        NativeMemory.setShort(notes + ((long) i << FrameNote.SHIFT) + FrameNote.KIND, FrameNote.OTHER);
    }

    /** Takes the frame at this address as number {@code i}. */
    void take(int i, long at, int length) {
        if (notes == 0) {
            begin();
        }
        long note = notes + ((long) i << FrameNote.SHIFT);
        int kind = FrameNote.OTHER;
        if (length >= ETHERNET + IPV4_BYTES + UDP_BYTES) {
            int start = NativeMemory.getInt(at + 12);
            if ((start & IPV4_START_MASK) == IPV4_START) {
                kind = takeIpv4(note, at + ETHERNET, length - ETHERNET);
            } else if ((start & IPV6_START_MASK) == IPV6_START) {
                kind = takeIpv6(note, at + ETHERNET, length - ETHERNET);
            }
        }
        NativeMemory.setShort(note + FrameNote.KIND, kind);
    }

    private int takeIpv4(long note, long ip, int length) {
        // version 8, service 8, length 16, id 16, fragment 16; time to live 8, protocol 8, checksum 16, source 32
        long start = NativeMemory.getLong(ip);
        long middle = NativeMemory.getLong(ip + 8);
        long turnedPair = NativeMemory.getLong(ip + 12);
        long pair = Long.reverseBytes(turnedPair);
        int total = Integer.reverseBytes((int) start) & 0xffff;
        int protocol = (int) middle >>> 8 & 0xff;
        long source = pair >>> 32;
        long destination = pair & 0xffff_ffffL;
        // a group address is nobody's source, and the same address twice is ordered by ports
        boolean isOdd = (start & FRAGMENT_MASK) != 0
                || total > length
                || source >>> 29 == 7
                || source == destination
                || !isChecksumRight(start, middle, turnedPair);
        if (isOdd) {
            return FrameNote.OTHER;
        }
        int order = (int) ((source - destination) >> 63);
        long turned = Long.rotateLeft(pair, 32);
        long addresses = turned ^ ((pair ^ turned) & order);
        long word = ports(ip + IPV4_BYTES, order) | (long) protocol << FlowKey.PROTOCOL_SHIFT;
        NativeMemory.setLong(note + FrameNote.WORD, word);
        NativeMemory.setLong(note + FrameNote.ADDRESSES, addresses);
        NativeMemory.setLong(note + FrameNote.HASH, keyHash().of(addresses, word));
        return takeTransport(note, ip + IPV4_BYTES, IPV4_BYTES, total - IPV4_BYTES, protocol, order);
    }

    /** RFC 1071: the sum of all words with the checksum among them is all ones. */
    private static boolean isChecksumRight(long start, long middle, long pair) {
        long sum = (start >>> 32)
                + (start & 0xffff_ffffL)
                + (middle & 0xffff_ffffL)
                + (pair >>> 32)
                + (pair & 0xffff_ffffL);
        sum = (sum >>> 32) + (sum & 0xffff_ffffL);
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        return sum == 0xffff;
    }

    private int takeIpv6(long note, long ip, int length) {
        if (length < IPV6_BYTES + UDP_BYTES) {
            return FrameNote.OTHER;
        }
        // payload length 16, next header 8, hop limit 8
        int header = NativeMemory.getNetworkInt(ip + 4);
        int payload = header >>> 16;
        int protocol = header >>> 8 & 0xff;
        long sourceHigh = NativeMemory.getNetworkLong(ip + 8);
        long sourceLow = NativeMemory.getNetworkLong(ip + 16);
        long destinationHigh = NativeMemory.getNetworkLong(ip + 24);
        long destinationLow = NativeMemory.getNetworkLong(ip + 32);
        boolean isSame = sourceHigh == destinationHigh && sourceLow == destinationLow;
        if (payload > length - IPV6_BYTES || sourceHigh >>> 56 == 0xff || isSame) {
            return FrameNote.OTHER;
        }
        int high = Long.compareUnsigned(sourceHigh, destinationHigh);
        boolean isLower = high != 0 ? high < 0 : Long.compareUnsigned(sourceLow, destinationLow) < 0;
        int order = isLower ? -1 : 0;
        long word = ports(ip + IPV6_BYTES, order)
                | (long) protocol << FlowKey.PROTOCOL_SHIFT
                | (long) FlowKey.IPV6 << FlowKey.KIND_SHIFT;
        long hash = keyHash()
                .of(
                        isLower ? sourceHigh : destinationHigh,
                        isLower ? sourceLow : destinationLow,
                        isLower ? destinationHigh : sourceHigh,
                        isLower ? destinationLow : sourceLow,
                        word);
        NativeMemory.setLong(note + FrameNote.WORD, word);
        NativeMemory.setLong(note + FrameNote.HASH, hash);
        hasRest = true;
        return takeTransport(note, ip + IPV6_BYTES, IPV6_BYTES, payload, protocol, order);
    }

    private static long ports(long at, int order) {
        int pair = NativeMemory.getNetworkInt(at);
        int turned = Integer.rotateLeft(pair, 16);
        return (turned ^ ((pair ^ turned) & order)) & 0xffff_ffffL;
    }

    /** @param order -1 if the lower end sent the frame, else 0 */
    private int takeTransport(long note, long at, int ipHeaderBytes, int length, int protocol, int order) {
        NativeMemory.setLong(note + FrameNote.TRANSPORT, at);
        NativeMemory.setInt(note + FrameNote.IP_BYTES, ipHeaderBytes + length);
        NativeMemory.setShort(note + FrameNote.FROM_LOWER, order & Entry.FROM_LOWER);
        if (protocol == PacketView.PROTOCOL_TCP) {
            return length < TCP_BYTES ? FrameNote.OTHER : takeTcp(note, at, length);
        }
        return protocol == PacketView.PROTOCOL_UDP && isPlainUdp(at, length) ? FrameNote.UDP : FrameNote.OTHER;
    }

    private int takeTcp(long note, long at, int length) {
        int header = NativeMemory.getInt(at + 12);
        int bytes = (header & 0xf0) >>> 2;
        NativeMemory.setInt(note + FrameNote.PAYLOAD_BYTES, length - bytes);
        int plain = header & TCP_MASK;
        boolean isPlain = plain == TCP_PLAIN
                || (plain == TCP_STAMPED
                        && length >= TCP_BYTES + TIME_STAMP_BYTES
                        && NativeMemory.getInt(at + TCP_BYTES) == TIME_STAMP);
        if (isPlain) {
            return FrameNote.TCP;
        }
        hasRest = true;
        return bytes < TCP_BYTES || bytes > length ? FrameNote.OTHER : FrameNote.AWAITED;
    }

    private static boolean isPlainUdp(long at, int length) {
        if (length < UDP_BYTES) {
            return false;
        }
        int claimed = NativeMemory.getNetworkInt(at + 4) >>> 16;
        int ports = NativeMemory.getNetworkInt(at);
        // DHCP has rules of its own
        boolean isDhcp = isDhcp(ports >>> 16) || isDhcp(ports & 0xffff);
        return claimed >= UDP_BYTES && claimed <= length && !isDhcp;
    }

    static boolean isDhcp(int port) {
        return port == 67 || port == 68 || port == 546 || port == 547;
    }

    // ---- search ----

    /** Finds the slots of the first {@code count} frames. */
    void find(int count) {
        long[] bases = table.lineBases();
        long end = notes + ((long) count << FrameNote.SHIFT);
        if (table.count() == 0) {
            for (long note = notes; note < end; note += FrameNote.BYTES) {
                NativeMemory.setInt(note + FrameNote.SLOT, ConnectionTable.NONE);
            }
            hasRest = false;
            return;
        }
        SlotIndex index = table.index();
        for (long note = notes; note < end; note += FrameNote.BYTES) {
            long hash = NativeMemory.getLong(note + FrameNote.HASH);
            NativeMemory.setLong(note + FrameNote.BUCKET, index.address(index.firstBucket(hash)));
        }
        long sum = touch(notes + FrameNote.BUCKET, end);
        long next = unmatched;
        for (long note = notes; note < end; note += FrameNote.BYTES) {
            NativeMemory.setLong(next, note);
            next += match(note, bases) & Long.BYTES;
        }
        sum += findSecond(index, bases, next);
        sum += touch(notes + FrameNote.LINE, end);
        touched = hasRest ? sum + touchRest(end) : sum;
        hasRest = false;
    }

    /** What the first bucket does not have, the second one may. */
    private long findSecond(SlotIndex index, long[] bases, long end) {
        long sum = 0;
        for (long place = unmatched; place < end; place += Long.BYTES) {
            long note = NativeMemory.getLong(place);
            long bucket = index.address(index.secondBucket(NativeMemory.getLong(note + FrameNote.HASH)));
            NativeMemory.setLong(note + FrameNote.BUCKET, bucket);
            sum += NativeMemory.getLong(bucket);
        }
        for (long place = unmatched; place < end; place += Long.BYTES) {
            long note = NativeMemory.getLong(place);
            if (match(note, bases) != 0) {
                // it may open a connection: what that needs is touched instead of a line
                long hash = NativeMemory.getLong(note + FrameNote.HASH);
                NativeMemory.setLong(note + FrameNote.LINE, index.roomAddress(hash));
            }
        }
        return sum;
    }

    /**
     * Looks into the note's bucket, without a branch. Without a match the line is that of slot 0, which does no harm.
     *
     * @return 0, or -1 for no match
     */
    private static int match(long note, long[] bases) {
        long bucket = NativeMemory.getLong(note + FrameNote.BUCKET);
        long matches = Bucket.matches(bucket, Bucket.pattern(NativeMemory.getLong(note + FrameNote.HASH)));
        int none = (int) ((matches | -matches) >>> 63) - 1;
        int slot = Bucket.slot(bucket, Bucket.way(matches)) & ~none;
        long line = bases[slot >>> Lines.SLAB_SHIFT] + ((long) (slot & Lines.SLAB_MASK) << Entry.SHIFT);
        NativeMemory.setInt(note + FrameNote.SLOT, slot | none);
        NativeMemory.setLong(note + FrameNote.LINE, line);
        return none;
    }

    /** In a loop of its own, so short that a processor has all reads under way at once. */
    private static long touch(long field, long end) {
        long sum = 0;
        for (long at = field; at < end; at += FrameNote.BYTES) {
            sum += NativeMemory.getLong(NativeMemory.getLong(at));
        }
        return sum;
    }

    /** What frames will need beside their connections' lines. */
    private long touchRest(long end) {
        long sum = 0;
        for (long note = notes; note < end; note += FrameNote.BYTES) {
            int slot = NativeMemory.getInt(note + FrameNote.SLOT);
            if (slot != ConnectionTable.NONE) {
                boolean isAwaited = NativeMemory.getShort(note + FrameNote.KIND) == FrameNote.AWAITED;
                sum += (isAwaited ? table.touchCold(slot) : 0)
                        + table.touchIpv6(NativeMemory.getLong(note + FrameNote.LINE));
            }
        }
        return sum;
    }
}
