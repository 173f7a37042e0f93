package io.portcullis.datapath.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Connection tables as chunks of bytes, for another host or the disk. One thread at a time per table.
 *
 * <p>A chunk is complete in itself, big endian: magic {@code PCCT} (4 bytes), format version (2), kind (2), number
 * of entries (4), bytes of entries (4), CRC32C over the header before it, the phase and the entries (4), how many nanoseconds of the
 * exporter's tick had passed (4), then the entries in {@link KeyOrder}: of version 4 range-coded ({@link EntryModel}), of versions 5 and 6 as {@link EntryColumns},
 * which takes a fourth of the time. Many connections are written as columns where the reader knows these, few or unusual ones are not. Entries hold ages instead
 * of times and rule ids instead of positions, so that they mean the same on any host.
 *
 * <p>An import takes everything or nothing: whatever is damaged, truncated, of another format, doubled or too much leaves
 * the table as it was.
 */
public final class TableCodec {
    /** Also the bound on what an import reads. */
    public static final int MAX_CHUNK_BYTES = 256 * 1024;

    public static final int FORMAT_VERSION = 6;

    /** Still read, and written for whoever reads no newer one. */
    static final int VERSION_OF_FIRST_COLUMNS = 5;

    /** What every build of this protocol reads: of no chunk are the connections {@link EntryColumns}. */
    public static final int VERSION_WITHOUT_COLUMNS = 4;

    /** Still read: of its connections nobody knows what admitted them, if they were judged again. */
    static final int VERSION_WITHOUT_ADMISSION = 3;

    /** Also the bound on what an import takes from one chunk, however short. */
    public static final int MAX_CHUNK_ENTRIES = 16_384;

    /** Columns of fewer connections take more bytes than what {@link EntryModel} makes of them. */
    static final int LEAST_COLUMNS = 256;

    /** The same of {@link #VERSION_OF_FIRST_COLUMNS}. */
    private static final int LEAST_FIRST_COLUMNS = 1_024;

    private static final int MAGIC = 0x50434354;
    static final int HEADER_BYTES = 24;
    private static final int VERSION_AT = 4;
    private static final int KIND_AT = 6;
    private static final int ENTRIES_AT = 8;
    private static final int BYTES_AT = 12;
    private static final int CRC_AT = 16;
    private static final int PHASE_AT = 20;

    // ---- kinds of chunks ----
    /** Connections of a whole table: none comes twice. */
    static final int WHOLE = 0;
    /** Connections of a round of a {@link TableExport}: they replace earlier ones with the same key. */
    static final int UPDATES = 1;
    /** Keys of connections that were sent before and are gone. */
    static final int REMOVALS = 2;

    /** What connections have announced, see {@link Expectations}; after all connections. */
    static final int EXPECTATIONS = 3;

    private static final WrittenEntries NOBODY = (_, _) -> {};

    private TableCodec() {}

    /** Hears of connections while they are written. */
    interface WrittenEntries {
        /** The same object each time, and good for the call only. */
        void written(int slot, EntryFields entry);
    }

    static int version(ByteBuffer chunk) {
        return chunk.getShort(VERSION_AT);
    }

    static int kind(ByteBuffer chunk) {
        return chunk.getShort(KIND_AT);
    }

    static int entries(ByteBuffer chunk) {
        return chunk.getInt(ENTRIES_AT);
    }

    static int phaseNanos(ByteBuffer chunk) {
        return chunk.getInt(PHASE_AT);
    }

    static ByteBuffer atEntries(ByteBuffer chunk) {
        return chunk.position(HEADER_BYTES);
    }

    /** All connections whose time is not over. */
    public static TableSnapshot export(ConnectionTable table, long nowNanos) {
        int[] slots = KeyOrder.slots(table, nowNanos);
        return new TableSnapshot(
                rangeCoded(WHOLE, table, slots, slots.length, nowNanos, NOBODY), slots.length, digest(table, nowNanos));
    }

    /**
     * Connections that replace what the other side has of them.
     *
     * @param version the newest that the other side reads
     * @param written is told of each, now and then more than once
     */
    static List<byte[]> updates(
            ConnectionTable table, int[] slots, long nowNanos, int version, WrittenEntries written) {
        int[] sorted = KeyOrder.sorted(table, slots);
        int least = version == VERSION_OF_FIRST_COLUMNS ? LEAST_FIRST_COLUMNS : LEAST_COLUMNS;
        if (version <= VERSION_WITHOUT_COLUMNS || slots.length < least) {
            return rangeCoded(UPDATES, table, sorted, sorted.length, nowNanos, written);
        }
        ColumnChunks columns = new ColumnChunks(table, nowNanos, Math.min(version, FORMAT_VERSION), written);
        List<byte[]> chunks = columns.write(UPDATES, sorted);
        chunks.addAll(rangeCoded(UPDATES, table, columns.others(), columns.otherCount(), nowNanos, NOBODY));
        return chunks;
    }

    /** Keys of connections that the other side has to remove. */
    static List<byte[]> removals(TableBatch batch) {
        List<byte[]> chunks = new ArrayList<>();
        ByteBuffer chunk = ByteBuffer.allocate(MAX_CHUNK_BYTES).order(ByteOrder.BIG_ENDIAN);
        FlowKey key = new FlowKey();
        for (int from = 0; from < batch.removedCount(); ) {
            chunk.position(HEADER_BYTES);
            int to = Math.min(batch.removedCount(), from + MAX_CHUNK_ENTRIES);
            int next = from;
            while (next < to && chunk.remaining() >= EntryCodec.MAX_KEY_BYTES) {
                batch.removed(next++, key);
                EntryCodec.writeKey(key, chunk);
            }
            chunks.add(seal(chunk, VERSION_WITHOUT_COLUMNS, REMOVALS, next - from, 0));
            from = next;
        }
        return chunks;
    }

    /** What is announced; none if nothing is. */
    static List<byte[]> expectations(Expectations expectations, long nowNanos) {
        int count = expectations.count(nowNanos);
        if (count == 0) {
            return List.of();
        }
        ByteBuffer chunk = ByteBuffer.allocate(HEADER_BYTES + Expectations.MAX_WRITTEN_BYTES)
                .order(ByteOrder.BIG_ENDIAN)
                .position(HEADER_BYTES);
        expectations.write(chunk, nowNanos);
        return List.of(seal(chunk, VERSION_WITHOUT_COLUMNS, EXPECTATIONS, count, 0));
    }

    /** Of the first {@code count} slots. */
    private static List<byte[]> rangeCoded(
            int kind, ConnectionTable table, int[] slots, int count, long nowNanos, WrittenEntries written) {
        List<byte[]> chunks = new ArrayList<>();
        ByteBuffer chunk = ByteBuffer.allocate(count == 0 ? 0 : MAX_CHUNK_BYTES).order(ByteOrder.BIG_ENDIAN);
        for (int from = 0; from < count; ) {
            chunk.position(HEADER_BYTES);
            int entries = fill(chunk, table, slots, from, count, table.clock().tick(nowNanos), written);
            chunks.add(seal(
                    chunk, VERSION_WITHOUT_COLUMNS, kind, entries, table.clock().phase(nowNanos)));
            from += entries;
        }
        return chunks;
    }

    /** How many connections the chunk takes. */
    private static int fill(
            ByteBuffer chunk,
            ConnectionTable table,
            int[] slots,
            int from,
            int count,
            int nowTick,
            WrittenEntries written) {
        EntryFields entry = new EntryFields();
        EntryModel model = new EntryModel(entry, VERSION_WITHOUT_COLUMNS);
        RangeEncoder encoder = new RangeEncoder(chunk);
        int to = Math.min(count, from + MAX_CHUNK_ENTRIES);
        int next = from;
        while (next < to && encoder.bytes() <= MAX_CHUNK_BYTES - EntryModel.MAX_ENTRY_BYTES) {
            int slot = slots[next++];
            entry.load(table, slot, nowTick);
            written.written(slot, entry);
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
        return importInto(table, snapshot, new Expectations(), nowNanos);
    }

    /** As above; fills what the connections have announced, too. */
    static ImportResult importInto(
            ConnectionTable table, TableSnapshot snapshot, Expectations announced, long nowNanos) {
        if (snapshot.entries() > table.maxConnections()) {
            return ImportResult.OVER_CAPACITY;
        }
        try (TableImport taken = new TableImport(table)) {
            for (byte[] chunk : snapshot.chunks()) {
                ImportResult result = taken.add(chunk, nowNanos);
                if (result != ImportResult.IMPORTED) {
                    return result;
                }
            }
            if (taken.expectations() != null) {
                announced.takeOver(taken.expectations());
            }
            return taken.finish(snapshot.entries(), snapshot.digest());
        }
    }

    static ImportResult checkHeader(ByteBuffer chunk) {
        int length = chunk.limit();
        if (length < HEADER_BYTES || length > MAX_CHUNK_BYTES) {
            return ImportResult.DAMAGED;
        }
        if (chunk.getInt(0) != MAGIC
                || chunk.getShort(VERSION_AT) < VERSION_WITHOUT_ADMISSION
                || chunk.getShort(VERSION_AT) > FORMAT_VERSION) {
            return ImportResult.FOREIGN_FORMAT;
        }
        boolean isSound = chunk.getShort(KIND_AT) >= WHOLE
                && chunk.getShort(KIND_AT) <= EXPECTATIONS
                && chunk.getInt(ENTRIES_AT) > 0
                && chunk.getInt(ENTRIES_AT) <= MAX_CHUNK_ENTRIES
                && chunk.getInt(PHASE_AT) >= 0
                && chunk.getInt(PHASE_AT) < CoarseClock.TICK_NANOS
                && chunk.getInt(BYTES_AT) == length - HEADER_BYTES
                && chunk.getInt(CRC_AT) == checksum(chunk, length);
        return isSound ? ImportResult.IMPORTED : ImportResult.DAMAGED;
    }

    private static byte[] seal(ByteBuffer chunk, int version, int kind, int entries, int phaseNanos) {
        byte[] sealed = new byte[chunk.position()];
        chunk.get(0, sealed);
        return seal(sealed, version, kind, entries, phaseNanos);
    }

    /** The same chunk, with its header. */
    static byte[] seal(byte[] chunk, int version, int kind, int entries, int phaseNanos) {
        ByteBuffer.wrap(chunk)
                .order(ByteOrder.BIG_ENDIAN)
                .putInt(0, MAGIC)
                .putShort(VERSION_AT, (short) version)
                .putShort(KIND_AT, (short) kind)
                .putInt(ENTRIES_AT, entries)
                .putInt(BYTES_AT, chunk.length - HEADER_BYTES)
                .putInt(PHASE_AT, phaseNanos);
        sign(chunk);
        return chunk;
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
