package io.portcullis.ports.pcap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The old format: one header, then records. */
final class ClassicPcapReader extends PcapReader {
    private static final int HEADER_BYTES_AFTER_MAGIC = 20;
    private static final int RECORD_HEADER_BYTES = 16;
    /** Above are the length of the frame check sequence and flags. */
    private static final int LINK_TYPE_MASK = 0x03ff_ffff;

    private final ByteOrder order;
    private final long nanosPerUnit;
    private final int linkType;

    ClassicPcapReader(String name, InputStream in, boolean anyLinkType, ByteOrder order, boolean nanos)
            throws IOException {
        super(name, in, anyLinkType, Integer.BYTES);
        this.order = order;
        nanosPerUnit = nanos ? 1 : 1_000;
        ByteBuffer header = ByteBuffer.wrap(read(HEADER_BYTES_AFTER_MAGIC)).order(order);
        if (header.getShort(0) != 2) {
            throw damaged("version " + header.getShort(0) + " is unknown");
        }
        linkType = accepted(header.getInt(16) & LINK_TYPE_MASK);
    }

    @Override
    @Nullable
    PcapFrame read() throws IOException {
        byte[] bytes = readOrEnd(RECORD_HEADER_BYTES);
        if (bytes == null) {
            return null;
        }
        ByteBuffer header = ByteBuffer.wrap(bytes).order(order);
        int captured = header.getInt(8);
        if (captured < 0 || captured > MAX_RECORD_BYTES) {
            throw damaged("a frame of " + Integer.toUnsignedString(captured) + " bytes" + place());
        }
        long nanos = Integer.toUnsignedLong(header.getInt(0)) * 1_000_000_000L
                + Integer.toUnsignedLong(header.getInt(4)) * nanosPerUnit;
        return new PcapFrame(nanos, linkType, read(captured), header.getInt(12));
    }
}
