package io.portcullis.ports.pcap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The block format: section header, interfaces, enhanced, simple and (obsolete) packets; other blocks are skipped. */
final class PcapNgReader extends PcapReader {
    private static final int SECTION_HEADER = 0x0a0d_0d0a;
    private static final int INTERFACE = 1;
    private static final int OBSOLETE_PACKET = 2;
    private static final int SIMPLE_PACKET = 3;
    private static final int ENHANCED_PACKET = 6;
    private static final int BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
    private static final int BLOCK_FRAME_BYTES = 12;
    private static final int OPTION_TIME_RESOLUTION = 9;
    private static final int OPTION_TIME_OFFSET = 14;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** What a frame's interface says. */
    private record Interface(int linkType, int snapBytes, long unitsPerSecond, long offsetSeconds) {
        long nanos(long units) {
            long seconds = Long.divideUnsigned(units, unitsPerSecond) + offsetSeconds;
            long rest = Long.remainderUnsigned(units, unitsPerSecond);
            return seconds * NANOS_PER_SECOND + (long) ((double) rest * NANOS_PER_SECOND / unitsPerSecond);
        }
    }

    private final List<Interface> interfaces = new ArrayList<>();
    private ByteOrder order = ByteOrder.BIG_ENDIAN;

    PcapNgReader(String name, InputStream in, boolean anyLinkType) throws IOException {
        super(name, in, anyLinkType, Integer.BYTES);
        readSectionHeader();
    }

    /** After the block's type, which is the same in either byte order. */
    private void readSectionHeader() throws IOException {
        ByteBuffer start = ByteBuffer.wrap(read(8));
        int magic = start.getInt(4);
        if (magic == BYTE_ORDER_MAGIC) {
            order = ByteOrder.BIG_ENDIAN;
        } else if (magic == Integer.reverseBytes(BYTE_ORDER_MAGIC)) {
            order = ByteOrder.LITTLE_ENDIAN;
        } else {
            throw damaged("a section without byte-order mark" + place());
        }
        interfaces.clear();
        int length = blockBytes(start.order(order).getInt(0));
        if (length < BLOCK_FRAME_BYTES + Integer.BYTES) {
            throw damaged("a section header of " + length + " bytes" + place());
        }
        readBody(length, Integer.BYTES);
    }

    @Override
    @Nullable
    PcapFrame read() throws IOException {
        while (true) {
            byte[] bytes = readOrEnd(Integer.BYTES);
            if (bytes == null) {
                return null;
            }
            int type = ByteBuffer.wrap(bytes).order(order).getInt();
            if (type == SECTION_HEADER) {
                readSectionHeader();
                continue;
            }
            int length = ByteBuffer.wrap(read(Integer.BYTES)).order(order).getInt();
            if (length > MAX_RECORD_BYTES && !mayHoldFrame(type)) {
                // comments, names and secrets may be long, but nobody looks at them
                skip(length - 2L * Integer.BYTES);
                continue;
            }
            blockBytes(length);
            ByteBuffer body = readBody(length, 0);
            switch (type) {
                case INTERFACE -> interfaces.add(parseInterface(body));
                case ENHANCED_PACKET, OBSOLETE_PACKET -> {
                    return enhanced(body, type == OBSOLETE_PACKET);
                }
                case SIMPLE_PACKET -> {
                    return simple(body);
                }
                default -> {
                    // Statistics, name resolution and the like hold no frames.
                }
            }
        }
    }

    private static boolean mayHoldFrame(int type) {
        return type == INTERFACE || type == ENHANCED_PACKET || type == OBSOLETE_PACKET || type == SIMPLE_PACKET;
    }

    private int blockBytes(int length) throws PcapFormatException {
        if (length < BLOCK_FRAME_BYTES || length > MAX_RECORD_BYTES || length % 4 != 0) {
            throw damaged("a block of " + Integer.toUnsignedString(length) + " bytes" + place());
        }
        return length;
    }

    /** The rest of a block of which type, length and {@code alreadyRead} more bytes were read. */
    private ByteBuffer readBody(int length, int alreadyRead) throws IOException {
        ByteBuffer body =
                ByteBuffer.wrap(read(length - BLOCK_FRAME_BYTES - alreadyRead)).order(order);
        int trailer = ByteBuffer.wrap(read(Integer.BYTES)).order(order).getInt();
        if (trailer != length) {
            throw damaged("a block that says " + length + " bytes first and " + trailer + " at its end" + place());
        }
        return body;
    }

    private Interface parseInterface(ByteBuffer body) throws PcapFormatException {
        if (body.remaining() < 8) {
            throw damaged("an interface without link type" + place());
        }
        int linkType = Short.toUnsignedInt(body.getShort());
        body.getShort();
        int snapBytes = body.getInt();
        long unitsPerSecond = 1_000_000;
        long offsetSeconds = 0;
        while (body.remaining() >= 4) {
            int code = Short.toUnsignedInt(body.getShort());
            int bytes = Short.toUnsignedInt(body.getShort());
            int padded = bytes + 3 & -4;
            if (code == 0 || padded > body.remaining()) {
                break;
            }
            if (code == OPTION_TIME_RESOLUTION && bytes == 1) {
                unitsPerSecond = resolution(body.get(body.position()));
            }
            if (code == OPTION_TIME_OFFSET && bytes == Long.BYTES) {
                offsetSeconds = body.getLong(body.position());
            }
            body.position(body.position() + padded);
        }
        return new Interface(linkType, snapBytes, unitsPerSecond, offsetSeconds);
    }

    private long resolution(byte value) throws PcapFormatException {
        int exponent = value & 0x7f;
        boolean binary = value < 0;
        if (exponent > (binary ? 62 : 18)) {
            throw damaged("a time resolution of " + (binary ? "2" : "10") + "^-" + exponent + " s" + place());
        }
        if (binary) {
            return 1L << exponent;
        }
        long units = 1;
        for (int i = 0; i < exponent; i++) {
            units *= 10;
        }
        return units;
    }

    /** In the obsolete form the interface has 16 bits, and the next 16 count what was lost. */
    private PcapFrame enhanced(ByteBuffer body, boolean isObsolete) throws PcapFormatException {
        if (body.remaining() < 20) {
            throw damaged("a packet block without header" + place());
        }
        Interface source = source(isObsolete ? Short.toUnsignedInt(body.getShort(0)) : body.getInt(0));
        long units = Integer.toUnsignedLong(body.getInt(4)) << 32 | Integer.toUnsignedLong(body.getInt(8));
        int captured = body.getInt(12);
        return new PcapFrame(
                source.nanos(units), accepted(source.linkType()), frame(body, 20, captured), body.getInt(16));
    }

    private PcapFrame simple(ByteBuffer body) throws PcapFormatException {
        if (body.remaining() < 4) {
            throw damaged("a packet block without header" + place());
        }
        int original = body.getInt(0);
        Interface source = source(0);
        int snap = source.snapBytes();
        int captured = snap == 0 ? original : Math.min(original, snap);
        return new PcapFrame(0, accepted(source.linkType()), frame(body, 4, captured), original);
    }

    private Interface source(int index) throws PcapFormatException {
        if (index < 0 || index >= interfaces.size()) {
            throw damaged("a packet of interface " + index + ", which the file does not describe," + place());
        }
        return interfaces.get(index);
    }

    private byte[] frame(ByteBuffer body, int start, int captured) throws PcapFormatException {
        if (captured < 0 || captured > body.limit() - start) {
            throw damaged("a packet that is longer than its block" + place());
        }
        byte[] bytes = new byte[captured];
        body.get(start, bytes);
        return bytes;
    }
}
