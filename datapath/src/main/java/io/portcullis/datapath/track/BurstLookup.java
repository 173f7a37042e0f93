package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.packet.PacketView;

/**
 * Finds the connections of up to {@value #FRAMES} frames at once: takes the keys of all, hashes all, touches all buckets of the
 * index, then all entries, so that the waits for memory overlap instead of adding up. One thread, no allocation.
 *
 * <p>Knows only the plainest frames: untagged Ethernet II, IPv4 without options or IPv6 without extension headers, no fragment,
 * and in it a TCP segment with nothing but ACK (and PSH, URG) set, without options or with a time stamp alone, or a UDP datagram.
 * Everything else, and everything that is not sound, is {@link #OTHER} or {@link #AWAITED}: the parser judges it.
 */
final class BurstLookup {
    /** How many frames at a time: their buckets, entries and headers fit the first-level cache together. */
    static final int FRAMES = 64;

    /** Not of the kinds that this class knows. */
    static final int OTHER = 0;

    /** A TCP segment that the long way must judge; it is looked for all the same, so that it finds its lines near. */
    static final int AWAITED = 1;

    static final int TCP = 2;
    static final int UDP = 3;

    private static final int ETHERNET = 14;
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int TCP_BYTES = 20;
    private static final int UDP_BYTES = 8;
    private static final int TIME_STAMP_BYTES = 12;
    /** NOP, NOP, time stamp of 10 bytes: as RFC 7323, appendix A, recommends. */
    private static final int TIME_STAMP = 0x0101_080a;

    private static final int FLAGS_SEEN =
            PacketView.TCP_FIN | PacketView.TCP_SYN | PacketView.TCP_RST | PacketView.TCP_ACK;

    private final ConnectionTable table;
    final int[] kinds = new int[FRAMES];
    /** TCP: 20 bytes of IP and behind it. */
    final long[] transport = new long[FRAMES];

    final long[] lowerHigh = new long[FRAMES];
    final long[] lowerLow = new long[FRAMES];
    final long[] upperHigh = new long[FRAMES];
    final long[] upperLow = new long[FRAMES];
    /** IPv4: {@link FlowKey#addresses}. */
    final long[] addresses = new long[FRAMES];

    final long[] words = new long[FRAMES];
    /** -1 if the lower end sent the frame, else 0. */
    final int[] fromLower = new int[FRAMES];

    final int[] ipBytes = new int[FRAMES];
    final int[] payloadBytes = new int[FRAMES];
    private final long[] hashes = new long[FRAMES];
    private final long[] buckets = new long[FRAMES];
    private final int[] unmatched = new int[FRAMES];
    /** {@link ConnectionTable#NONE} if the index knows nothing like it; else its key is yet to be compared. */
    final int[] slots = new int[FRAMES];
    /** Where the slot's line is. */
    final long[] lines = new long[FRAMES];
    /** Keeps the touches alive. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    BurstLookup(ConnectionTable table) {
        this.table = table;
    }

    // ---- keys ----

    /** Takes frame {@code at} as number {@code i}; the caller has checked who sent it if it is of a known kind. */
    void take(int i, long at, int length) {
        kinds[i] = OTHER;
        if (length < ETHERNET + IPV4_BYTES + UDP_BYTES) {
            return;
        }
        // type 16, first byte of IP 8, second 8
        int start = NativeMemory.getNetworkInt(at + 12);
        if ((start & 0xffff_ff00) == 0x0800_4500) {
            takeIpv4(i, at + ETHERNET, length - ETHERNET);
        } else if ((start & 0xffff_f000) == 0x86dd_6000) {
            takeIpv6(i, at + ETHERNET, length - ETHERNET);
        }
    }

    private void takeIpv4(int i, long ip, int length) {
        // version 8, service 8, length 16, id 16, fragment 16; time to live 8, protocol 8, checksum 16, source 32
        long start = NativeMemory.getNetworkLong(ip);
        long middle = NativeMemory.getNetworkLong(ip + 8);
        long pair = NativeMemory.getNetworkLong(ip + 12);
        int total = (int) (start >>> 32) & 0xffff;
        int protocol = (int) (middle >>> 48) & 0xff;
        if ((start & 0x3fff) != 0 || total > length || !isChecksumRight(start, middle, pair)) {
            return;
        }
        long source = pair >>> 32;
        long destination = pair & 0xffff_ffffL;
        int kind = kind(i, ip + IPV4_BYTES, total - IPV4_BYTES, protocol);
        // a group address is nobody's source, and the same address twice is ordered by ports
        if (kind == OTHER || source >>> 29 == 7 || source == destination) {
            return;
        }
        long order = (source - destination) >> 63;
        long turned = Long.rotateLeft(pair, 32);
        addresses[i] = turned ^ ((pair ^ turned) & order);
        fromLower[i] = (int) order;
        ipBytes[i] = total;
        words[i] = ports(ip + IPV4_BYTES, (int) order) | (long) protocol << FlowKey.PROTOCOL_SHIFT;
        kinds[i] = kind;
    }

    /** RFC 1071: the sum of all words with the checksum among them is all ones. */
    private static boolean isChecksumRight(long start, long middle, long pair) {
        long sum = (start >>> 32)
                + (start & 0xffff_ffffL)
                + (middle >>> 32)
                + (middle & 0xffff_ffffL)
                + (pair & 0xffff_ffffL);
        sum = (sum >>> 32) + (sum & 0xffff_ffffL);
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        return sum == 0xffff;
    }

    private void takeIpv6(int i, long ip, int length) {
        if (length < IPV6_BYTES + UDP_BYTES) {
            return;
        }
        // payload length 16, next header 8, hop limit 8
        int header = NativeMemory.getNetworkInt(ip + 4);
        int payload = header >>> 16;
        int protocol = header >>> 8 & 0xff;
        if (payload > length - IPV6_BYTES) {
            return;
        }
        long sourceHigh = NativeMemory.getNetworkLong(ip + 8);
        long sourceLow = NativeMemory.getNetworkLong(ip + 16);
        long destinationHigh = NativeMemory.getNetworkLong(ip + 24);
        long destinationLow = NativeMemory.getNetworkLong(ip + 32);
        int kind = kind(i, ip + IPV6_BYTES, payload, protocol);
        boolean isSame = sourceHigh == destinationHigh && sourceLow == destinationLow;
        if (kind == OTHER || sourceHigh >>> 56 == 0xff || isSame) {
            return;
        }
        int high = Long.compareUnsigned(sourceHigh, destinationHigh);
        boolean isLower = high != 0 ? high < 0 : Long.compareUnsigned(sourceLow, destinationLow) < 0;
        lowerHigh[i] = isLower ? sourceHigh : destinationHigh;
        lowerLow[i] = isLower ? sourceLow : destinationLow;
        upperHigh[i] = isLower ? destinationHigh : sourceHigh;
        upperLow[i] = isLower ? destinationLow : sourceLow;
        fromLower[i] = isLower ? -1 : 0;
        ipBytes[i] = IPV6_BYTES + payload;
        words[i] = ports(ip + IPV6_BYTES, fromLower[i])
                | (long) protocol << FlowKey.PROTOCOL_SHIFT
                | (long) FlowKey.IPV6 << FlowKey.KIND_SHIFT;
        kinds[i] = kind;
    }

    private static long ports(long at, int order) {
        int pair = NativeMemory.getNetworkInt(at);
        int turned = Integer.rotateLeft(pair, 16);
        return (turned ^ ((pair ^ turned) & order)) & 0xffff_ffffL;
    }

    private int kind(int i, long at, int length, int protocol) {
        if (protocol == PacketView.PROTOCOL_TCP) {
            return length < TCP_BYTES ? OTHER : isPlainTcp(i, at, length) ? TCP : AWAITED;
        }
        return protocol == PacketView.PROTOCOL_UDP && isPlainUdp(at, length) ? UDP : OTHER;
    }

    private boolean isPlainTcp(int i, long at, int length) {
        // offset 4, reserved 4, flags 8, window 16
        int header = NativeMemory.getNetworkInt(at + 12);
        int bytes = header >>> 28 << 2;
        transport[i] = at;
        payloadBytes[i] = length - bytes;
        if ((header >>> 16 & FLAGS_SEEN) != PacketView.TCP_ACK || bytes > length) {
            return false;
        }
        return bytes == TCP_BYTES
                || (bytes == TCP_BYTES + TIME_STAMP_BYTES && NativeMemory.getNetworkInt(at + TCP_BYTES) == TIME_STAMP);
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

    /**
     * Finds the slots of the first {@code count} frames. One method on purpose, as long as it is: each access to native memory
     * costs the compiler so much that it would stop inlining them if it put this into its callers.
     */
    void find(int count) {
        hash(count);
        SlotIndex index = table.index();
        for (int i = 0; i < count; i++) {
            buckets[i] = index.address(index.firstBucket(hashes[i]));
        }
        long sum = touch(buckets, count);
        int misses = 0;
        for (int i = 0; i < count; i++) {
            long matches = SlotIndex.matches(buckets[i], SlotIndex.pattern(hashes[i]));
            slots[i] = matches == 0 ? ConnectionTable.NONE : SlotIndex.slot(buckets[i], SlotIndex.way(matches));
            unmatched[misses] = i;
            misses += matches == 0 ? 1 : 0;
        }
        for (int m = 0; m < misses; m++) {
            int i = unmatched[m];
            long address = index.address(index.secondBucket(hashes[i]));
            buckets[i] = address;
            sum += NativeMemory.getLong(address);
        }
        for (int m = 0; m < misses; m++) {
            int i = unmatched[m];
            long matches = SlotIndex.matches(buckets[i], SlotIndex.pattern(hashes[i]));
            if (matches != 0) {
                slots[i] = SlotIndex.slot(buckets[i], SlotIndex.way(matches));
            }
        }
        long[] bases = table.lineBases();
        if (bases.length == 0) {
            return;
        }
        for (int i = 0; i < count; i++) {
            int slot = Math.max(0, slots[i]);
            long line = bases[slot >>> Lines.SLAB_SHIFT] + ((long) (slot & Lines.SLAB_MASK) << 6);
            lines[i] = line;
        }
        sum += touch(lines, count);
        for (int i = 0; i < count; i++) {
            if (slots[i] != ConnectionTable.NONE && (kinds[i] == AWAITED || FlowKey.isIpv6(words[i]))) {
                sum += touchRest(i);
            }
        }
        touched = sum;
    }

    /** In a loop of its own, so short that a processor has all reads under way at once. */
    private static long touch(long[] addresses, int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += NativeMemory.getLong(addresses[i]);
        }
        return sum;
    }

    private void hash(int count) {
        long seed0 = table.seed0();
        long seed1 = table.seed1();
        SipHash.hashAll(seed0, seed1, addresses, words, hashes, count);
        for (int i = 0; i < count; i++) {
            if (FlowKey.isIpv6(words[i]) && kinds[i] != OTHER) {
                hashes[i] = SipHash.hash(seed0, seed1, lowerHigh[i], lowerLow[i], upperHigh[i], upperLow[i], words[i]);
            }
        }
    }

    /** What the frame will need beside its connection's line. */
    private long touchRest(int i) {
        long cold = kinds[i] == AWAITED ? table.touchCold(slots[i]) : 0;
        return cold + (FlowKey.isIpv6(words[i]) ? table.touchIpv6(lines[i]) : 0);
    }
}
