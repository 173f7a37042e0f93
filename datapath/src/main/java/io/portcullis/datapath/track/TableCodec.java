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
 * exporter's tick had passed (4), then the entries in {@link KeyOrder}, range-coded ({@link EntryModel}). Entries hold ages instead
 * of times and rule ids instead of positions, so that they mean the same on any host.
 *
 * <p>An import takes everything or nothing: whatever is damaged, truncated, of another format, doubled or too much leaves
 * the table as it was.
 */
public final class TableCodec {
    /** Also the bound on what an import reads. */
    public static final int MAX_CHUNK_BYTES = 256 * 1024;

    public static final int FORMAT_VERSION = 3;

    /** Also the bound on what an import takes from one chunk, however short. */
    public static final int MAX_CHUNK_ENTRIES = 16_384;

    private static final int MAGIC = 0x50434354;
    private static final int HEADER_BYTES = 24;
    private static final int ENTRIES_AT = 8;
    private static final int CRC_AT = 16;
    private static final int PHASE_AT = 20;

    private TableCodec() {}

    /** All connections whose time is not over. */
    public static TableSnapshot export(ConnectionTable table, long nowNanos) {
        int[] slots = KeyOrder.slots(table, nowNanos);
        List<byte[]> chunks = new ArrayList<>();
        ByteBuffer chunk = ByteBuffer.allocate(MAX_CHUNK_BYTES).order(ByteOrder.BIG_ENDIAN);
        for (int from = 0; from < slots.length; ) {
            chunk.position(HEADER_BYTES);
            int entries = fill(chunk, table, slots, from, table.clock().tick(nowNanos));
            chunks.add(seal(chunk, entries, table.clock().phase(nowNanos)));
            from += entries;
        }
        return new TableSnapshot(chunks, slots.length, digest(table, nowNanos));
    }

    /** How many connections the chunk takes. */
    private static int fill(ByteBuffer chunk, ConnectionTable table, int[] slots, int from, int nowTick) {
        EntryFields entry = new EntryFields();
        EntryModel model = new EntryModel(entry);
        RangeEncoder encoder = new RangeEncoder(chunk);
        int to = Math.min(slots.length, from + MAX_CHUNK_ENTRIES);
        int next = from;
        while (next < to && encoder.bytes() <= MAX_CHUNK_BYTES - EntryModel.MAX_ENTRY_BYTES) {
            entry.load(table, slots[next++], nowTick);
            model.code(encoder);
        }
        encoder.finish();
        return next - from;
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
        for (byte[] bytes : snapshot.chunks()) {
            ImportResult result = readChunk(staged, ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN), nowNanos);
            if (result != ImportResult.IMPORTED) {
                return result;
            }
        }
        boolean isWhole = staged.count() == snapshot.entries() && digest(staged, nowNanos) == snapshot.digest();
        return isWhole ? ImportResult.IMPORTED : ImportResult.DAMAGED;
    }

    /** Adds one chunk to a table that is thrown away unless everything fits. */
    static ImportResult readChunk(ConnectionTable staged, ByteBuffer chunk, long nowNanos) {
        ImportResult header = checkHeader(chunk);
        if (header != ImportResult.IMPORTED) {
            return header;
        }
        staged.clock().align(nowNanos, chunk.getInt(PHASE_AT));
        int nowTick = staged.clock().tick(nowNanos);
        EntryFields entry = new EntryFields();
        EntryModel model = new EntryModel(entry);
        RangeDecoder decoder = new RangeDecoder(chunk.position(HEADER_BYTES));
        for (int left = chunk.getInt(ENTRIES_AT); left > 0; left--) {
            model.code(decoder);
            if (decoder.isDamaged() || !entry.isSound()) {
                return ImportResult.DAMAGED;
            }
            ImportResult stored = entry.store(staged, nowTick);
            if (stored != ImportResult.IMPORTED) {
                return stored;
            }
        }
        return decoder.isAtEnd() ? ImportResult.IMPORTED : ImportResult.DAMAGED;
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
                && chunk.getInt(ENTRIES_AT) > 0
                && chunk.getInt(ENTRIES_AT) <= MAX_CHUNK_ENTRIES
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
        chunk.putInt(ENTRIES_AT, entries);
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
