package io.portcullis.datapath.track;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes connections as chunks of {@link EntryColumns}, and says which cannot be written so. One thread, once. */
final class ColumnChunks {
    private final ConnectionTable table;
    private final int version;
    private final int nowTick;
    private final int phaseNanos;
    private final EntryColumns columns = EntryColumns.ofThisThread();
    private final EntryFields entry = new EntryFields();
    private final TableCodec.WrittenEntries written;
    private int[] others = {};
    private int otherCount;

    /**
     * Of a table as it is now.
     *
     * @param askedVersion of the chunks
     * @param written is told of each, those among it that cannot be written so
     */
    ColumnChunks(ConnectionTable table, long nowNanos, int askedVersion, TableCodec.WrittenEntries written) {
        version = askedVersion;
        this.written = written;
        this.table = table;
        nowTick = table.clock().tick(nowNanos);
        phaseNanos = table.clock().phase(nowNanos);
    }

    /** Of connections in {@link KeyOrder}. */
    List<byte[]> write(int kind, int[] slots) {
        List<byte[]> chunks = new ArrayList<>();
        others = new int[slots.length];
        // chunks of the same length: a last one of a few would pay for its tables with these
        int parts = Math.ceilDiv(slots.length, ColumnCoder.MAX_COUNT);
        int most = Math.ceilDiv(slots.length, parts);
        for (int from = 0; from < slots.length; ) {
            int to = Math.min(slots.length, from + most);
            int otherBefore = otherCount;
            fill(slots, from, to);
            int length = TableCodec.HEADER_BYTES + columns.encoder.length();
            if (columns.count() > 0 && length > TableCodec.MAX_CHUNK_BYTES) {
                otherCount = otherBefore;
                most = (to - from) / 2;
                continue;
            }
            if (columns.count() > 0) {
                byte[] chunk = new byte[length];
                System.arraycopy(
                        columns.encoder.bytes(), 0, chunk, TableCodec.HEADER_BYTES, length - TableCodec.HEADER_BYTES);
                chunks.add(TableCodec.seal(chunk, version, kind, columns.count(), phaseNanos));
            }
            from = to;
        }
        return chunks;
    }

    private void fill(int[] slots, int from, int to) {
        columns.begin(version, nowTick);
        for (int i = from; i < to; i++) {
            entry.load(table, slots[i], nowTick);
            written.written(slots[i], entry);
            if (!columns.add(entry)) {
                others[otherCount++] = slots[i];
            }
        }
        columns.write();
    }

    /** Those that are in no chunk, in the same order. */
    int[] others() {
        return Arrays.copyOf(others, otherCount);
    }

    int otherCount() {
        return otherCount;
    }
}
