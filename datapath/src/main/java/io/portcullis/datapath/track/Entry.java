package io.portcullis.datapath.track;

import java.lang.foreign.ValueLayout;

/**
 * Where the fields of a connection lie in its slot: byte offsets, native byte order, all naturally aligned. One size for
 * IPv4 and IPv6, three cache lines; nothing outside this package sees it, so that it may become denser.
 */
final class Entry {
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    static final int BYTES = 192;

    // ---- key: both ends in canonical order, see FlowKey ----
    static final int LOWER_HIGH = 0;
    static final int LOWER_LOW = 8;
    static final int UPPER_HIGH = 16;
    static final int UPPER_LOW = 24;
    static final int META = 32;

    // ---- every connection ----
    /** Code of the ConnectionState; 0 marks a free slot. */
    static final int STATE = 40;

    static final int FLAGS = 41;
    static final int RULE_ID = 48;
    static final int REVISION = 56;
    static final int CREATED_NANOS = 64;
    static final int LAST_SEEN_NANOS = 72;
    static final int DEADLINE_NANOS = 80;
    static final int ORIGINAL_PACKETS = 88;
    static final int ORIGINAL_BYTES = 96;
    static final int REPLY_PACKETS = 104;
    static final int REPLY_BYTES = 112;

    // ---- TCP: what was seen of each end ----
    static final int ORIGINAL_PEER = 120;
    static final int REPLY_PEER = 140;
    static final int PEER_BYTES = 20;
    /** Highest sequence number behind what it sent. */
    static final int PEER_END = 0;
    /** Highest sequence number that it may send: the other end's acknowledgement plus window. */
    static final int PEER_MAX_END = 4;
    /** Largest window that it advertised, scaled; 0: nothing seen of it. */
    static final int PEER_MAX_WINDOW = 8;
    /** Highest acknowledgement that it sent. */
    static final int PEER_MAX_ACK = 12;

    static final int PEER_SCALE = 16;
    static final int PEER_FLAGS = 17;

    // ---- TCP: the last packet, for retransmissions and for SYNs that may be out of step with us ----
    static final int LAST_SEQUENCE = 160;
    static final int LAST_ACK = 164;
    static final int LAST_END = 168;
    static final int LAST_WINDOW = 172;
    static final int LAST_KIND = 176;
    static final int LAST_DIRECTION = 177;
    static final int LAST_SCALE = 178;
    static final int LAST_FLAGS = 179;
    static final int RETRANSMITS = 180;

    /** In a free slot: the next free one. */
    static final int NEXT_FREE = 184;

    // ---- FLAGS ----
    /** Opened by the VM. */
    static final int OUTBOUND = 1;
    /** The direction bit: the lower end of the key opened it. */
    static final int FROM_LOWER = 2;

    static final int SEEN_REPLY = 4;
    /** The TCP handshake is complete or, picked up, answered. */
    static final int ASSURED = 8;

    static final int ALL_FLAGS = OUTBOUND | FROM_LOWER | SEEN_REPLY | ASSURED;

    private Entry() {}
}
