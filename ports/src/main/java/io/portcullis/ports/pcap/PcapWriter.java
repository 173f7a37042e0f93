package io.portcullis.ports.pcap;

import io.portcullis.ports.CapturedFrame;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a pcap file with nanosecond times and link type Ethernet (draft-ietf-opsawg-pcap). One thread. */
public final class PcapWriter implements AutoCloseable {
    static final int MAGIC_NANOS = 0xa1b2_3c4d;
    static final int SNAP_BYTES = 262_144;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final OutputStream out;

    private PcapWriter(OutputStream out) throws IOException {
        this.out = out;
        ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(MAGIC_NANOS)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0);
        header.putInt(SNAP_BYTES).putInt(LinkTypes.ETHERNET);
        out.write(header.array());
    }

    /** Creates or replaces a file. */
    public static PcapWriter create(Path file) throws IOException {
        return to(Files.newOutputStream(file));
    }

    /** Writes to a stream, which {@link #close()} closes. */
    public static PcapWriter to(OutputStream out) throws IOException {
        return new PcapWriter(new BufferedOutputStream(out, 1 << 16));
    }

    public void write(CapturedFrame frame) throws IOException {
        write(frame.epochNanos(), frame.bytes(), frame.originalBytes());
    }

    public void write(PcapFrame frame) throws IOException {
        write(frame.epochNanos(), frame.bytes(), frame.originalBytes());
    }

    /** Appends a frame; what is longer than {@value #SNAP_BYTES} bytes is cut. */
    public void write(long epochNanos, byte[] bytes, int originalBytes) throws IOException {
        int length = Math.min(bytes.length, SNAP_BYTES);
        ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt((int) Math.floorDiv(epochNanos, NANOS_PER_SECOND));
        header.putInt((int) Math.floorMod(epochNanos, NANOS_PER_SECOND));
        header.putInt(length).putInt(Math.max(originalBytes, length));
        out.write(header.array());
        out.write(bytes, 0, length);
    }

    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
