package io.portcullis.datapath.track;

/**
 * What a burst's short way knows of one frame: one cache line ({@value #BYTES} bytes) of native memory, so that a step which reads
 * it needs one register and no bounds check for all of it. A field is a byte offset.
 */
final class FrameNote {
    static final int BYTES = 64;
    static final int SHIFT = 6;

    /** 8 bytes: {@link FlowKey#word}. */
    static final int WORD = 0;
    /** 8 bytes, IPv4: {@link FlowKey#addresses}. */
    static final int ADDRESSES = 8;
    /** 8 bytes: the key's hash. */
    static final int HASH = 16;
    /** 8 bytes: address of the bucket that is looked into. */
    static final int BUCKET = 24;
    /** 8 bytes: address of the slot's line. */
    static final int LINE = 32;
    /** 8 bytes: address of the transport header. */
    static final int TRANSPORT = 40;
    /** 4 bytes: length of the IP datagram. */
    static final int IP_BYTES = 48;
    /** 4 bytes, TCP. */
    static final int PAYLOAD_BYTES = 52;
    /** 4 bytes: {@link ConnectionTable#NONE} if the index knows nothing like it; else its key is yet to be compared. */
    static final int SLOT = 56;
    /** 2 bytes: one of the kinds below. */
    static final int KIND = 60;
    /** 2 bytes: {@link Entry#FROM_LOWER} if the lower end sent it, else 0. */
    static final int FROM_LOWER = 62;

    // ---- kinds ----
    /** Not one that is known here: the parser must look at it. All others are for {@link io.portcullis.datapath.packet.PlainParser}. */
    static final int OTHER = 0;
    /** A TCP segment that the long way must judge; it is looked for all the same, so that it finds its lines near. */
    static final int AWAITED = 1;

    static final int TCP = 2;
    static final int UDP = 3;

    private FrameNote() {}
}
