package io.portcullis.datapath.packet;

import java.lang.foreign.MemorySegment;

/** CRC32C as SCTP uses it (RFC 9260, appendix A). Stateless, no allocation; byte by byte, because SCTP is rare. */
final class Crc32c {
    /** The Castagnoli polynomial, lowest bit first. */
    private static final int POLYNOMIAL = 0x82f6_3b78;

    private static final int[] TABLE = table();

    private Crc32c() {}

    /** The checksum of {@code length} bytes, with {@code zeroes} bytes from {@code zeroesAt} on taken for 0. */
    static int of(MemorySegment memory, long offset, int length, int zeroesAt, int zeroes) {
        int crc = ~0;
        for (int i = 0; i < length; i++) {
            boolean isZero = i >= zeroesAt && i < zeroesAt + zeroes;
            int next = isZero ? 0 : Wire.u8(memory, offset + i);
            crc = crc >>> 8 ^ TABLE[(crc ^ next) & 0xff];
        }
        return ~crc;
    }

    private static int[] table() {
        int[] table = new int[256];
        for (int i = 0; i < table.length; i++) {
            int crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
            }
            table[i] = crc;
        }
        return table;
    }
}
