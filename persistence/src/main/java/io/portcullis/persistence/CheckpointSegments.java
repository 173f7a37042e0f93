package io.portcullis.persistence;

import io.portcullis.datapath.track.SavedTable;
import io.portcullis.policy.compile.RuleTableCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What follows magic and version in a checkpoint of version 4: segments, one after the other, each with the length (4 bytes) and the CRC32C (4) of what
 * follows, its kind (1) and content, big endian. A group of segments is complete with its END; what is behind the last END, or behind the first
 * segment that is damaged, is what was being written when the host was killed, and counts for nothing. A checkpoint whose first group is not complete
 * is none.
 *
 * <ul>
 *   <li>HEAD: attachment, revision and rule table, which hold from then on.
 *   <li>PART: when it was taken, then chunks of the connection table, each after its length.
 *   <li>END: when it was written, and how many connections there are then.
 * </ul>
 */
final class CheckpointSegments {
    private static final byte HEAD = 1;
    private static final byte PART = 2;
    private static final byte END = 3;
    /** Length and checksum. */
    private static final int FRAME_BYTES = 8;

    private CheckpointSegments() {}

    // ---- writing

    static byte[] head(CheckpointHead head) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            CheckpointCodec.put(out, head.attachment());
            out.writeLong(head.policyRevision());
            byte[] rules = RuleTableCodec.bytes(head.rules());
            out.writeInt(rules.length);
            out.write(rules);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return sealed(begin(HEAD, bytes.size()).put(bytes.toByteArray()));
    }

    static byte[] part(SavedTable.Part part) {
        int bytes = 8 + 4;
        for (byte[] chunk : part.chunks()) {
            bytes += 4 + chunk.length;
        }
        ByteBuffer segment = begin(PART, bytes)
                .putLong(part.taken().toEpochMilli())
                .putInt(part.chunks().size());
        for (byte[] chunk : part.chunks()) {
            segment.putInt(chunk.length).put(chunk);
        }
        return sealed(segment);
    }

    static byte[] end(Instant written, int entries) {
        return sealed(begin(END, 8 + 4).putLong(written.toEpochMilli()).putInt(entries));
    }

    private static ByteBuffer begin(byte kind, int contentBytes) {
        return ByteBuffer.allocate(FRAME_BYTES + 1 + contentBytes)
                .putInt(1 + contentBytes)
                .putInt(0)
                .put(kind);
    }

    private static byte[] sealed(ByteBuffer segment) {
        byte[] bytes = new byte[segment.capacity()];
        segment.putInt(4, checksum(segment, FRAME_BYTES, bytes.length - FRAME_BYTES));
        segment.get(0, bytes);
        return bytes;
    }

    /** Of a part of a buffer, whose position stays. */
    static int checksum(ByteBuffer bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(from, length));
        return (int) crc.getValue();
    }

    // ---- reading

    /** What is known of the groups that were read. */
    private static final class Reading {
        private final List<SavedTable.Part> parts = new ArrayList<>();
        private final List<SavedTable.Part> begun = new ArrayList<>();
        private @Nullable CheckpointHead head;
        private @Nullable CheckpointHead next;
        private Instant written = Instant.EPOCH;
        private int entries;
        /** Where the last complete group ends. */
        private int end;
    }

    /**
     * Reads all complete groups.
     *
     * @param in behind magic and version; afterwards behind the last complete group
     * @throws IllegalArgumentException if not even the first group is complete, or something is sound, but not of this build
     */
    static Checkpoint read(ByteBuffer in) {
        Reading reading = new Reading();
        try {
            for (ByteBuffer segment = next(in); segment != null; segment = next(in)) {
                take(segment, reading);
                if (reading.begun.isEmpty() && reading.next == null) {
                    reading.end = in.position();
                }
            }
        } catch (BufferUnderflowException truncated) {
            throw new IllegalArgumentException("a segment of it ends too early", truncated);
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException("it has an address of neither 4 nor 16 bytes", impossible);
        }
        CheckpointHead head = reading.head;
        if (head == null) {
            throw new IllegalArgumentException("it is damaged, or was not written to its end");
        }
        in.position(reading.end);
        return new Checkpoint(
                head, reading.written, new SavedTable(reading.parts, reading.entries, OptionalLong.empty()));
    }

    /** The content of the next segment with its kind; null if it is damaged or not whole, or there is none. */
    private static @Nullable ByteBuffer next(ByteBuffer in) {
        if (in.remaining() < FRAME_BYTES) {
            return null;
        }
        int length = in.getInt();
        int crc = in.getInt();
        if (length < 1 || length > in.remaining()) {
            return null;
        }
        int from = in.position();
        if (checksum(in, from, length) != crc) {
            return null;
        }
        in.position(from + length);
        return in.slice(from, length);
    }

    private static void take(ByteBuffer segment, Reading reading) throws UnknownHostException {
        byte kind = segment.get();
        switch (kind) {
            case HEAD -> reading.next = readHead(segment, reading);
            case PART -> reading.begun.add(readPart(segment));
            case END -> end(segment, reading);
            default -> throw new IllegalArgumentException("it has a segment that this build does not know: " + kind);
        }
        if (segment.hasRemaining()) {
            throw new IllegalArgumentException("a segment of it has " + segment.remaining() + " bytes too many");
        }
    }

    private static CheckpointHead readHead(ByteBuffer in, Reading reading) throws UnknownHostException {
        CheckpointHead read = new CheckpointHead(
                CheckpointCodec.attachment(in),
                in.getLong(),
                RuleTableCodec.decode(CheckpointCodec.get(in, in.getInt())));
        if (reading.head != null && !reading.head.vnic().equals(read.vnic())) {
            throw new IllegalArgumentException("it is of " + reading.head.vnic() + " and of " + read.vnic());
        }
        return read;
    }

    private static SavedTable.Part readPart(ByteBuffer in) {
        Instant taken = Instant.ofEpochMilli(in.getLong());
        List<byte[]> chunks = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
            chunks.add(CheckpointCodec.get(in, in.getInt()));
        }
        return new SavedTable.Part(taken, chunks);
    }

    private static void end(ByteBuffer in, Reading reading) {
        reading.written = Instant.ofEpochMilli(in.getLong());
        reading.entries = in.getInt();
        reading.head = reading.next == null ? reading.head : reading.next;
        reading.next = null;
        reading.parts.addAll(reading.begun);
        reading.begun.clear();
    }
}
