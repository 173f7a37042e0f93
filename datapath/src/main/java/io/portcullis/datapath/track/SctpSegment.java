package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import java.lang.foreign.MemorySegment;

/** The chunks of an SCTP packet as far as a tracker looks at them (RFC 9260, 3). A flyweight of one thread. */
final class SctpSegment {
    static final int DATA = 0;
    static final int INIT = 1;
    static final int INIT_ACK = 2;
    static final int HEARTBEAT = 4;
    static final int HEARTBEAT_ACK = 5;
    static final int ABORT = 6;
    static final int SHUTDOWN = 7;
    static final int SHUTDOWN_ACK = 8;
    static final int ERROR = 9;
    static final int COOKIE_ECHO = 10;
    static final int COOKIE_ACK = 11;
    static final int SHUTDOWN_COMPLETE = 14;

    private static final int HEADER_BYTES = 12;
    private static final int CHUNK_HEADER_BYTES = 4;
    private static final int TAG_AT = 4;
    private static final int INIT_BYTES = 20;
    /** Flag T of ABORT and SHUTDOWN COMPLETE: the tag is the one that the receiver sends with. */
    private static final int FLAG_T = 1;

    /** Verification tag of the packet. */
    int tag;
    /** Bit n: the packet has a chunk of type n, for types below 64. */
    private long types;

    /** Initiate tag of the INIT or INIT ACK. */
    int initiateTag;

    /** Flag T of the packet's ABORT or SHUTDOWN COMPLETE. */
    boolean isTagReflected;

    private MemorySegment memory = MemorySegment.NULL;
    private int at;
    private int end;

    /**
     * Takes a packet; false if its chunks cannot stand together: INIT, INIT ACK and SHUTDOWN COMPLETE stand alone, COOKIE ECHO and
     * COOKIE ACK first (RFC 9260, 6.10, 5.1), each has a length.
     */
    boolean set(PacketView packet) {
        memory = packet.memory;
        end = packet.transportOffset + packet.transportLength;
        tag = Wire.i32(memory, packet.transportOffset + (long) TAG_AT);
        types = 0;
        initiateTag = 0;
        isTagReflected = false;
        begin(packet);
        int count = 0;
        boolean isAlone = false;
        while (hasChunk()) {
            int type = type();
            isAlone |= type == INIT || type == INIT_ACK || type == SHUTDOWN_COMPLETE;
            boolean mustBeFirst = isAlone || type == COOKIE_ECHO || type == COOKIE_ACK;
            if ((count > 0 && mustBeFirst) || bytes() == 0 || !take(type)) {
                return false;
            }
            next();
            count++;
        }
        begin(packet);
        return count > 0;
    }

    private boolean take(int type) {
        if (type < Long.SIZE) {
            types |= 1L << type;
        }
        if (type == INIT || type == INIT_ACK) {
            if (end - at < INIT_BYTES) {
                return false;
            }
            initiateTag = Wire.i32(memory, at + (long) CHUNK_HEADER_BYTES);
        } else if (type == ABORT || type == SHUTDOWN_COMPLETE) {
            isTagReflected = (Wire.u8(memory, at + 1L) & FLAG_T) != 0;
        }
        return true;
    }

    private void begin(PacketView packet) {
        at = packet.transportOffset + HEADER_BYTES;
    }

    /** Whether the packet has a chunk of this type. */
    boolean has(int type) {
        return (types >>> type & 1) != 0;
    }

    boolean hasOnly(long allowedTypes) {
        return (types & ~allowedTypes) == 0;
    }

    // ---- the chunks in turn ----

    boolean hasChunk() {
        return end - at >= CHUNK_HEADER_BYTES;
    }

    int type() {
        return Wire.u8(memory, at);
    }

    void next() {
        at += bytes() + 3 & ~3;
    }

    private int bytes() {
        return Wire.u16(memory, at + 2L);
    }
}
