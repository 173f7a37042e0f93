package io.portcullis.datapath.track;

/**
 * Digest of one connection: what {@link EntryCodec#digest} makes of the bytes that {@link EntryCodec#writeLasting} writes, without writing them; those are the
 * reference. A flyweight of one thread.
 */
final class EntryDigest {
    private static final int IPV6 = 0x80;
    private static final int SHORTEST_BYTES = 2 + 6;
    private static final int IPV4_BYTES = 8;
    private static final int IPV6_BYTES = 32;
    /** Of both peers and the last packet, but for what has no fixed length. */
    private static final int PEERS_BYTES = 2 * (2 + 4 + 4) + 12;

    private long hash;
    /** Bytes that wait for others to make eight, the last one lowest. */
    private long waiting;

    private int waitingBits;

    long of(EntryFields entry) {
        boolean hasPeers = entry.hasPeers();
        boolean isJudgedAgain = entry.admittingRuleId != entry.ruleId || entry.admittingRevision != entry.revision;
        begin(length(entry, hasPeers, isJudgedAgain));
        FlowKey key = entry.key;
        add((long) (entry.flags | (key.isIpv6() ? IPV6 : 0)) << 56 | (long) entry.state << 48 | key.word, 64);
        if (key.isIpv6()) {
            add(key.lowerHigh, 64);
            add(key.lowerLow, 64);
            add(key.upperHigh, 64);
            add(key.upperLow, 64);
        } else {
            add(key.addresses(), 64);
        }
        addVarint(entry.ruleId);
        addVarint(entry.revision);
        if (isJudgedAgain) {
            addVarint(entry.admittingRuleId);
            addVarint(entry.admittingRevision);
        }
        addVarint(entry.packets);
        addVarint(entry.bytes);
        if (hasPeers) {
            addPeer(entry, EntryFields.ORIGINAL);
            addPeer(entry, EntryFields.REPLY);
            addLast(entry);
        }
        return EntryCodec.mix(hash ^ waiting);
    }

    private static int length(EntryFields entry, boolean hasPeers, boolean isJudgedAgain) {
        int length = SHORTEST_BYTES
                + (entry.key.isIpv6() ? IPV6_BYTES : IPV4_BYTES)
                + Varint.bytes(entry.ruleId)
                + Varint.bytes(entry.revision)
                + Varint.bytes(entry.packets)
                + Varint.bytes(entry.bytes);
        if (isJudgedAgain) {
            length += Varint.bytes(entry.admittingRuleId) + Varint.bytes(entry.admittingRevision);
        }
        if (hasPeers) {
            length += PEERS_BYTES;
            for (int peer = 0; peer < 2; peer++) {
                length += Varint.bytes(edge(entry, peer)) + Varint.bytes(entry.maxWindow[peer] & 0xffff_ffffL);
            }
        }
        return length;
    }

    private static long edge(EntryFields entry, int peer) {
        return Varint.zigzag(entry.maxEnd[peer] - entry.end[peer]);
    }

    private void addPeer(EntryFields entry, int peer) {
        add((long) entry.peerFlags[peer] << 40 | (long) entry.scale[peer] << 32 | (entry.end[peer] & 0xffff_ffffL), 48);
        addVarint(edge(entry, peer));
        addVarint(entry.maxWindow[peer] & 0xffff_ffffL);
        add(entry.maxAck[peer] & 0xffff_ffffL, 32);
    }

    private void addLast(EntryFields entry) {
        add(
                (long) entry.lastKind << 40
                        | (long) entry.lastDirection << 32
                        | (long) entry.lastScale << 24
                        | (long) entry.lastFlags << 16
                        | (long) entry.retransmits << 8
                        | entry.fingerprint,
                48);
        add((entry.lastEnd & 0xffff_ffffL) << 16 | entry.lastWindow, 48);
    }

    // ---- bytes

    private void begin(int length) {
        hash = EntryCodec.begin(length);
        waiting = 0;
        waitingBits = 0;
    }

    private void addVarint(long value) {
        long rest = value;
        if ((rest & ~0x3fffL) == 0) {
            if (rest <= 0x7f) {
                add(rest, 8);
            } else {
                add((((rest & 0x7f) | 0x80) << 8) | (rest >>> 7), 16);
            }
            return;
        }
        while ((rest & ~0x7fL) != 0) {
            add((rest & 0x7f) | 0x80, 8);
            rest >>>= 7;
        }
        add(rest, 8);
    }

    /** Whole bytes, the first one highest. */
    private void add(long value, int bits) {
        int free = Long.SIZE - waitingBits;
        if (bits < free) {
            waiting = waiting << bits | value;
            waitingBits += bits;
            return;
        }
        int left = bits - free;
        // free is 64 where nothing waits
        long word = (free == Long.SIZE ? 0 : waiting << free) | value >>> left;
        hash = EntryCodec.mix(hash ^ word);
        waiting = left == 0 ? 0 : value & (1L << left) - 1;
        waitingBits = left;
    }
}
