package io.portcullis.persistence;

import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.RuleTable;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of a checkpoint: magic, version, length and CRC32C of the rest; then vNIC, epoch, revision, time, rule table (in the
 * form of {@link RuleTableCodec}, length -1 for none) and the chunks of the connection table. Big endian.
 */
final class CheckpointCodec {
    /** "PCKP". */
    private static final int MAGIC = 0x50434b50;

    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 16;
    private static final int NONE = -1;

    private CheckpointCodec() {}

    static byte[] encode(Checkpoint checkpoint) {
        byte[] body = body(checkpoint);
        CRC32C crc = new CRC32C();
        crc.update(body);
        return ByteBuffer.allocate(HEADER_BYTES + body.length)
                .putInt(MAGIC)
                .putInt(VERSION)
                .putInt(body.length)
                .putInt((int) crc.getValue())
                .put(body)
                .array();
    }

    private static byte[] body(Checkpoint checkpoint) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            put(out, checkpoint.vnic().toString().getBytes(StandardCharsets.UTF_8));
            out.writeLong(checkpoint.epoch());
            out.writeLong(checkpoint.policyRevision());
            out.writeLong(checkpoint.written().toEpochMilli());
            RuleTable rules = checkpoint.rules();
            if (rules == null) {
                out.writeInt(NONE);
            } else {
                put(out, RuleTableCodec.encode(rules));
            }
            out.writeInt(checkpoint.table().entries());
            out.writeLong(checkpoint.table().digest());
            out.writeInt(checkpoint.table().chunks().size());
            for (byte[] chunk : checkpoint.table().chunks()) {
                put(out, chunk);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void put(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Throws {@link IllegalArgumentException} for anything but what {@link #encode} made, whole. */
    static Checkpoint decode(byte[] content) {
        ByteBuffer in = ByteBuffer.wrap(content);
        if (in.remaining() < HEADER_BYTES || in.getInt() != MAGIC) {
            throw new IllegalArgumentException("it is no checkpoint");
        }
        int version = in.getInt();
        if (version != VERSION) {
            throw new IllegalArgumentException("it has version " + version + ", this build reads " + VERSION);
        }
        int length = in.getInt();
        int crc = in.getInt();
        if (length != in.remaining()) {
            throw new IllegalArgumentException("it has " + in.remaining() + " bytes instead of " + length);
        }
        CRC32C actual = new CRC32C();
        actual.update(content, HEADER_BYTES, length);
        if ((int) actual.getValue() != crc) {
            throw new IllegalArgumentException("its checksum is wrong");
        }
        try {
            return body(in);
        } catch (BufferUnderflowException truncated) {
            throw new IllegalArgumentException("it ends too early", truncated);
        }
    }

    private static Checkpoint body(ByteBuffer in) {
        VnicId vnic = VnicId.parse(new String(get(in, in.getInt()), StandardCharsets.UTF_8));
        long epoch = in.getLong();
        long revision = in.getLong();
        Instant written = Instant.ofEpochMilli(in.getLong());
        int rulesLength = in.getInt();
        RuleTable rules = rulesLength == NONE ? null : RuleTableCodec.decode(get(in, rulesLength));
        int entries = in.getInt();
        long digest = in.getLong();
        List<byte[]> chunks = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
            chunks.add(get(in, in.getInt()));
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException("it has " + in.remaining() + " bytes too many");
        }
        return new Checkpoint(vnic, epoch, revision, written, rules, new TableSnapshot(chunks, entries, digest));
    }

    private static byte[] get(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("it names a part of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
