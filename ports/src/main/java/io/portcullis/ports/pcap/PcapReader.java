package io.portcullis.ports.pcap;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a capture file: pcap of either byte order with micro- or nanoseconds (draft-ietf-opsawg-pcap), and pcapng
 * (draft-ietf-opsawg-pcapng). One thread. A file that is damaged or ends within a frame is refused at that place; nothing is
 * guessed.
 */
public abstract sealed class PcapReader implements AutoCloseable permits ClassicPcapReader, PcapNgReader {
    /** The largest record of a file that is still believed. */
    static final int MAX_RECORD_BYTES = 1 << 20;

    private static final int MAGIC_MICROS = 0xa1b2_c3d4;
    private static final int SECTION_HEADER = 0x0a0d_0d0a;
    private static final int MAGIC_GZIP = 0x1f8b;

    private static final String COMPRESSED = " is compressed; unpack it first (gunzip)";
    private static final String UNKNOWN =
            " is neither a pcap nor a pcapng file; Wireshark's editcap -F pcap may make one of it";

    private final String name;
    private final InputStream in;
    private final boolean anyLinkType;
    private long position;
    private long frames;

    PcapReader(String name, InputStream in, boolean anyLinkType, int bytesRead) {
        this.name = name;
        this.in = in;
        this.anyLinkType = anyLinkType;
        position = bytesRead;
    }

    /** Reads a file of Ethernet frames; one of another link type is refused. */
    public static PcapReader open(Path file) throws IOException {
        return of(file.toString(), Files.newInputStream(file), false);
    }

    /** Reads a file of frames of any link type; {@link LinkTypes} makes Ethernet frames of those that hold IP. */
    public static PcapReader openAnyLinkType(Path file) throws IOException {
        return of(file.toString(), Files.newInputStream(file), true);
    }

    /** Reads a stream of Ethernet frames, which {@link #close()} closes; {@code name} is for messages. */
    public static PcapReader of(String name, InputStream stream) throws IOException {
        return of(name, stream, false);
    }

    static PcapReader of(String name, InputStream stream, boolean anyLinkType) throws IOException {
        InputStream in = new BufferedInputStream(stream, 1 << 16);
        try {
            byte[] start = in.readNBytes(Integer.BYTES);
            int magic =
                    start.length < Integer.BYTES ? 0 : ByteBuffer.wrap(start).getInt();
            int swapped = Integer.reverseBytes(magic);
            if (magic == SECTION_HEADER) {
                return new PcapNgReader(name, in, anyLinkType);
            }
            if (magic == MAGIC_MICROS || magic == PcapWriter.MAGIC_NANOS) {
                return new ClassicPcapReader(
                        name, in, anyLinkType, ByteOrder.BIG_ENDIAN, magic == PcapWriter.MAGIC_NANOS);
            }
            if (swapped == MAGIC_MICROS || swapped == PcapWriter.MAGIC_NANOS) {
                return new ClassicPcapReader(
                        name, in, anyLinkType, ByteOrder.LITTLE_ENDIAN, swapped == PcapWriter.MAGIC_NANOS);
            }
            throw new PcapFormatException(name + (magic >>> 16 == MAGIC_GZIP ? COMPRESSED : UNKNOWN));
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** The next frame, or null at the end of the file. */
    public final @Nullable PcapFrame next() throws IOException {
        PcapFrame frame = read();
        frames += frame == null ? 0 : 1;
        return frame;
    }

    abstract @Nullable PcapFrame read() throws IOException;

    /** All frames that are left. */
    public List<PcapFrame> readAll() throws IOException {
        List<PcapFrame> frames = new ArrayList<>();
        for (PcapFrame frame = next(); frame != null; frame = next()) {
            frames.add(frame);
        }
        return frames;
    }

    /** So many bytes; the file must have them. */
    final byte[] read(int bytes) throws IOException {
        byte[] read = in.readNBytes(bytes);
        position += read.length;
        if (read.length < bytes) {
            throw damaged("it ends at byte " + position + ", in the middle of a record");
        }
        return read;
    }

    /** So many bytes, or null if the file ends right here. */
    final byte @Nullable [] readOrEnd(int bytes) throws IOException {
        byte[] read = in.readNBytes(bytes);
        position += read.length;
        if (read.length == 0) {
            return null;
        }
        if (read.length < bytes) {
            throw damaged("it ends at byte " + position + ", in the middle of a record");
        }
        return read;
    }

    /** Skips so many bytes; the file must have them. */
    final void skip(long bytes) throws IOException {
        long left = bytes;
        while (left > 0) {
            left -= read((int) Math.min(left, MAX_RECORD_BYTES)).length;
        }
    }

    final PcapFormatException damaged(String why) {
        return new PcapFormatException(
                "%s is damaged behind its packet %d: %s; what comes before can be read, and editcap makes a whole file of it"
                        .formatted(name, frames, why));
    }

    final int accepted(int linkType) throws PcapFormatException {
        if (linkType != LinkTypes.ETHERNET && !anyLinkType) {
            throw new PcapFormatException(name + " holds no Ethernet frames but link type " + linkType);
        }
        return linkType;
    }

    final String place() {
        return " before byte " + position;
    }

    @Override
    public final void close() throws IOException {
        in.close();
    }
}
