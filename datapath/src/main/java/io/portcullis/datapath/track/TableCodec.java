package io.portcullis.datapath.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Connection tables as chunks of bytes, for another host or the disk. One thread at a time per table.
 *
 * <p>A chunk is complete in itself, big endian: magic {@code PCCT} (4 bytes), format version (2), reserved 0 (2), number
 * of entries (4), bytes of entries (4), CRC32C over the header before it, the phase and the entries (4), how many nanoseconds of the
 * exporter's tick had passed (4), then the entries ({@link EntryCodec}). Entries hold ages instead of times and rule ids instead of positions, so that they mean the same on
 * any host.
 *
 * <p>An import takes everything or nothing: whatever is damaged, truncated, of another format, doubled or too much leaves
 * the table as it was.
 */
public final class TableCodec {
    /** Also the bound on what an import reads. */
    public static final int MAX_CHUNK_BYTES = 256 * 1024;

    public static final int FORMAT_VERSION = 2;

    private static final int MAGIC = 0x50434354;
    private static final int HEADER_BYTES = 24;
    private static final int CRC_AT = 16;
    private static final int PHASE_AT = 20;

    private TableCodec() {}

    /** All connections whose time is not over. */
    public static TableSnapshot export(ConnectionTable table, long nowNanos) {
        List<byte[]> chunks = new ArrayList<>();
        ByteBuffer chunk = ByteBuffer.allocate(MAX_CHUNK_BYTES).order(ByteOrder.BIG_ENDIAN);
        int phase = table.clock().phase(nowNanos);
        chunk.position(HEADER_BYTES);
        FlowKey key = new FlowKey();
        int entries = 0;
        int entriesInChunk = 0;
        long digest = 0;
        for (int slot = table.next(0); slot != ConnectionTable.NONE; slot = table.next(slot + 1)) {
            if (table.isExpired(slot, nowNanos)) {
                continue;
            }
            if (chunk.remaining() < EntryCodec.MAX_BYTES) {
                chunks.add(seal(chunk, entriesInChunk, phase));
                chunk.position(HEADER_BYTES);
                entriesInChunk = 0;
            }
            int start = chunk.position();
            EntryCodec.writeLasting(table, slot, key, chunk);
            digest += EntryCodec.digest(chunk, start, chunk.position());
            EntryCodec.writeAges(table, slot, nowNanos, chunk);
            entries++;
            entriesInChunk++;
        }
        if (entriesInChunk > 0) {
            chunks.add(seal(chunk, entriesInChunk, phase));
        }
        return new TableSnapshot(chunks, entries, digest);
    }

    /** The digest that {@link #export} would give: of everything but times, whatever the order of the slots. */
    public static long digest(ConnectionTable table, long nowNanos) {
        ByteBuffer scratch = ByteBuffer.allocate(EntryCodec.MAX_BYTES).order(ByteOrder.BIG_ENDIAN);
        FlowKey key = new FlowKey();
        long digest = 0;
        for (int slot = table.next(0); slot != ConnectionTable.NONE; slot = table.next(slot + 1)) {
            if (!table.isExpired(slot, nowNanos)) {
                scratch.clear();
                EntryCodec.writeLasting(table, slot, key, scratch);
                digest += EntryCodec.digest(scratch, 0, scratch.position());
            }
        }
        return digest;
    }

    /** Replaces the table's connections by the snapshot's, or changes nothing. */
    public static ImportResult importInto(ConnectionTable table, TableSnapshot snapshot, long nowNanos) {
        if (snapshot.entries() > table.maxConnections()) {
            return ImportResult.OVER_CAPACITY;
        }
        ConnectionTable staged = table.emptyTwin();
        ImportResult result = ImportResult.DAMAGED;
        try {
            result = read(staged, snapshot, nowNanos);
        } finally {
            if (result == ImportResult.IMPORTED) {
                table.replaceBy(staged);
            } else {
                staged.close();
            }
        }
        return result;
    }

    private static ImportResult read(ConnectionTable staged, TableSnapshot snapshot, long nowNanos) {
        EntryCodec.Reader reader = new EntryCodec.Reader(staged, nowNanos);
        for (byte[] bytes : snapshot.chunks()) {
            ByteBuffer chunk = ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN);
            ImportResult header = checkHeader(chunk);
            if (header != ImportResult.IMPORTED) {
                return header;
            }
            int entries = chunk.getInt(8);
            staged.clock().align(nowNanos, chunk.getInt(PHASE_AT));
            chunk.position(HEADER_BYTES);
            for (int i = 0; i < entries; i++) {
                ImportResult entry = reader.read(chunk);
                if (entry != ImportResult.IMPORTED) {
                    return entry;
                }
            }
            if (chunk.hasRemaining()) {
                return ImportResult.DAMAGED;
            }
        }
        boolean isWhole = staged.count() == snapshot.entries() && digest(staged, nowNanos) == snapshot.digest();
        return isWhole ? ImportResult.IMPORTED : ImportResult.DAMAGED;
    }

    private static ImportResult checkHeader(ByteBuffer chunk) {
        int length = chunk.limit();
        if (length < HEADER_BYTES || length > MAX_CHUNK_BYTES) {
            return ImportResult.DAMAGED;
        }
        if (chunk.getInt(0) != MAGIC || chunk.getShort(4) != FORMAT_VERSION) {
            return ImportResult.FOREIGN_FORMAT;
        }
        boolean isSound = chunk.getShort(6) == 0
                && chunk.getInt(8) > 0
                && chunk.getInt(PHASE_AT) >= 0
                && chunk.getInt(PHASE_AT) < CoarseClock.TICK_NANOS
                && chunk.getInt(12) == length - HEADER_BYTES
                && chunk.getInt(CRC_AT) == checksum(chunk, length);
        return isSound ? ImportResult.IMPORTED : ImportResult.DAMAGED;
    }

    private static byte[] seal(ByteBuffer chunk, int entries, int phaseNanos) {
        int length = chunk.position();
        chunk.putInt(0, MAGIC);
        chunk.putShort(4, (short) FORMAT_VERSION);
        chunk.putShort(6, (short) 0);
        chunk.putInt(8, entries);
        chunk.putInt(12, length - HEADER_BYTES);
        chunk.putInt(PHASE_AT, phaseNanos);
        byte[] sealed = new byte[length];
        chunk.get(0, sealed);
        sign(sealed);
        return sealed;
    }

    /** Sets the checksum that belongs to a chunk. */
    static void sign(byte[] chunk) {
        ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.BIG_ENDIAN);
        buffer.putInt(CRC_AT, checksum(buffer, chunk.length));
    }

    private static int checksum(ByteBuffer chunk, int length) {
        CRC32C crc = new CRC32C();
        crc.update(chunk.slice(0, CRC_AT));
        crc.update(chunk.slice(PHASE_AT, length - PHASE_AT));
        return (int) crc.getValue();
    }
}
