package io.portcullis.datapath.track;

/**
 * Where the fields of a connection lie. Every connection has one cache line ({@value #BYTES} bytes, what each packet needs) and
 * {@value #COLD_BYTES} bytes beside it; an IPv6 connection has its addresses in a third place ({@value #IPV6_BYTES} bytes). A field
 * is a byte offset in the line; from {@link #COLD} on it is one in the cold part, from {@link #PACKED} on it is made by
 * {@link #packed}.
 */
final class Entry {
    static final int SHIFT = 6;
    static final int BYTES = 1 << SHIFT;
    static final int COLD_BYTES = 24;
    static final int IPV6_BYTES = 32;

    /** Offsets from here on count from the cold part's begin. */
    static final int COLD = 64;
    /** Fields of less than a byte. */
    static final int PACKED = 128;

    // ---- key: both ends in canonical order, see FlowKey ----
    /** IPv4: lower address in the upper half, upper address in the lower one. IPv6: see {@link #IPV6_LINE}. */
    static final int ADDRESSES = 0;
    /** IPv6: where the addresses are; in the four bytes behind it: the upper half of the key's hash. */
    static final int IPV6_LINE = 0;
    /** FlowKey.word in the low six bytes, then STATE and FLAGS. */
    static final int KEY_WORD = 8;

    // ---- every connection ----
    /** Code of the ConnectionState; 0 marks a free slot. */
    static final int STATE = 14;

    static final int FLAGS = 15;

    // ---- TCP: what was seen of each end ----
    static final int ORIGINAL_PEER = 16;
    static final int REPLY_PEER = 34;
    static final int PEER_BYTES = 18;
    /** Highest sequence number behind what it sent. */
    static final int PEER_END = 0;
    /** Highest acknowledgement that it sent. */
    static final int PEER_MAX_ACK = 4;
    /** Highest sequence number that it may send: the other end's acknowledgement plus window. */
    static final int PEER_MAX_END = 8;
    /** Largest window that it advertised, scaled; 0: nothing seen of it. */
    static final int PEER_MAX_WINDOW = 12;

    static final int PEER_SCALE = 16;
    static final int PEER_FLAGS = 17;

    // ---- every connection: time, in ticks of CoarseClock ----
    /** Tick at which it ends. */
    static final int DEADLINE = 52;
    /** The eight bytes that every packet writes: the fields from here to the end. */
    static final int TAIL = 56;
    /** Code of the time-out that the last packet gave it: so long before the deadline it was seen. */
    static final int TIMEOUT_CODE = 56;

    /** TCP, the last packet: see the packed fields. */
    static final int LAST = 57;
    /** TCP: {@link TcpWindow#fingerprint} of the last plain segment. */
    static final int LAST_FINGERPRINT = 58;
    /** Of the policy that judged it last, in the table's own count; 0: an old one. 2 bytes. */
    static final int POLICY_EPOCH = 59;
    /** Not yet in the cold counters: {@link #PENDING_PACKET_BITS} of packets, above them {@link #PENDING_BYTE_BITS} of bytes. 3 bytes. */
    static final int PENDING = 61;

    static final int PENDING_PACKET_BITS = 7;
    /** Enough for as many full Ethernet frames as two thirds of the packets. */
    static final int PENDING_BYTE_BITS = 17;

    static final int LAST_KIND = packed(LAST, 0, 3);
    /** 1: it was a reply. */
    static final int LAST_DIRECTION = packed(LAST, 3, 1);
    /** Equal segments in a row, at most {@link TrackingProfile#MAX_RETRANSMITS}. */
    static final int RETRANSMITS = packed(LAST, 4, 2);
    /**
     * LAST_END is PEER_END of the end that sent the last packet, and LAST_WINDOW is not 0: so the fast path need not touch the
     * cold part. {@link ConnectionTable#settle} writes both down.
     */
    static final int LAST_IS_EDGE = packed(LAST, 6, 1);
    /** Not changed since one of the exports under way took it; nothing else ever sets it. */
    static final int CLEAN = packed(LAST, 7, 1);

    // ---- cold ----
    static final int PACKETS = COLD;
    /** TCP: the end of the last packet, for resets and for SYNs that may be out of step with us. */
    static final int LAST_END = COLD + 4;
    /** Tick of its first packet. */
    static final int CREATED = COLD + 8;
    /** TCP: not scaled; 2 bytes. */
    static final int LAST_WINDOW = COLD + 12;

    private static final int LAST_SYN = COLD + 14;
    static final int LAST_SCALE = packed(LAST_SYN, 0, 4);
    static final int LAST_FLAGS = packed(LAST_SYN, 4, 4);
    /** Of its pair in Admissions: the upper byte; the lower two are at ADMISSION_LOW. */
    static final int ADMISSION_HIGH = COLD + 15;
    /** 6 bytes. */
    static final int IP_BYTES = COLD + 16;

    static final int ADMISSION_LOW = COLD + 22;

    /**
     * TCP in SYN_SENT: what an answer that passed without being believed acknowledged. There the opener has acknowledged
     * nothing yet.
     */
    static final int LAST_ACK = ORIGINAL_PEER + PEER_MAX_ACK;

    /** In a free slot: the next free one. In a free IPv6 place: the next free one. */
    static final int NEXT_FREE = ORIGINAL_PEER;

    // ---- FLAGS ----
    /** Opened by the VM. */
    static final int OUTBOUND = 1;
    /** The direction bit: the lower end of the key opened it. */
    static final int FROM_LOWER = 2;

    static final int SEEN_REPLY = 4;
    /** The TCP handshake is complete or, picked up, answered. */
    static final int ASSURED = 8;

    /** Another connection announced it, see Expectations. */
    static final int EXPECTED = 16;

    /** A port passes its plain packets, and knows more of it than is here: see {@link OffloadedConnections}. Of this table only. */
    static final int OFFLOADED = 32;

    /** What another table must know. */
    static final int ALL_FLAGS = OUTBOUND | FROM_LOWER | SEEN_REPLY | ASSURED | EXPECTED;

    private Entry() {}

    private static int packed(int field, int shift, int bits) {
        return field | PACKED | shift << 8 | bits << 12;
    }

    static int packedByte(int field) {
        return field & PACKED - 1;
    }

    static int packedShift(int field) {
        return field >>> 8 & 7;
    }

    static int packedMask(int field) {
        return (1 << (field >>> 12)) - 1;
    }
}
