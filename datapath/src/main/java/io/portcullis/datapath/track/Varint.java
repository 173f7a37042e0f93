package io.portcullis.datapath.track;

import java.nio.ByteBuffer;

/** Numbers in as few bytes as they need, low 7 bits first (LEB128); at most 10 bytes. */
final class Varint {
    private Varint() {}

    static void write(ByteBuffer out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    /** How many it takes. */
    static int bytes(long value) {
        return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
    }

    /** Small numbers of either sign become small. */
    static long zigzag(long value) {
        return value << 1 ^ value >> 63;
    }
}
