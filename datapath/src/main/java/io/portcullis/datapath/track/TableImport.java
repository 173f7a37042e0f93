package io.portcullis.datapath.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes in the chunks of another table, all at once or in the rounds of a {@link TableExport}, beside the table that they are for: that
 * stays as it is until {@link #finish}, which puts everything in force, or nothing. One thread.
 */
public final class TableImport implements AutoCloseable {
    /** Connections that are read before the first of them is stored. */
    private static final int AT_ONCE = 32;

    private final ConnectionTable table;
    private final ConnectionTable staged;
    private final EntryFields entry = new EntryFields();
    private final EntryFields[] entries = new EntryFields[AT_ONCE];
    private final long[] hashes = new long[AT_ONCE];
    /** So that what is read in advance is not left out by the compiler. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    private final FlowKey key = new FlowKey();
    private final EntryDigest entryDigest = new EntryDigest();
    /** By slot. */
    private long[] digests = new long[64];

    private final LocalAddresses localAddresses = new LocalAddresses();
    private @Nullable Expectations expectations;
    private long digest;
    private boolean isAligned;
    /** No chunk is taken any more. */
    private boolean isOver;
    /** What was staged belongs to the table. */
    private boolean isInForce;

    /** For a table that is in use meanwhile. */
    TableImport(ConnectionTable table) {
        this.table = table;
        staged = table.emptyTwin();
        Arrays.setAll(entries, _ -> new EntryFields());
    }

    /** How many connections it holds now. */
    public int entries() {
        return staged.count();
    }

    /** Of those, as in {@link TableSnapshot#digest}. */
    public long digest() {
        return digest;
    }

    /** Of what it holds now. */
    public TableSum sum() {
        return new TableSum(entries(), digest());
    }

    /**
     * Takes a chunk; after any other result than IMPORTED nothing of the whole import is of use.
     *
     * @param nowNanos when it was taken from the other table: times are told by it
     */
    public ImportResult add(byte[] bytes, long nowNanos) {
        ByteBuffer chunk = ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN);
        ImportResult result = isOver ? ImportResult.DAMAGED : TableCodec.checkHeader(chunk);
        if (result == ImportResult.IMPORTED) {
            result = switch (TableCodec.kind(chunk)) {
                case TableCodec.WHOLE -> addEntries(chunk, false, nowNanos);
                case TableCodec.UPDATES -> addEntries(chunk, true, nowNanos);
                case TableCodec.EXPECTATIONS -> addExpectations(chunk, nowNanos);
                default -> remove(chunk);
            };
        }
        isOver |= result != ImportResult.IMPORTED;
        return result;
    }

    private ImportResult addEntries(ByteBuffer chunk, boolean isUpdate, long nowNanos) {
        if (TableCodec.version(chunk) > TableCodec.VERSION_WITHOUT_COLUMNS) {
            return addColumns(chunk, isUpdate, nowNanos);
        }
        if (!isAligned) {
            staged.clock().align(nowNanos, TableCodec.phaseNanos(chunk));
            isAligned = true;
        }
        int nowTick = staged.clock().tick(nowNanos);
        EntryModel model = new EntryModel(entry, TableCodec.version(chunk));
        RangeDecoder decoder = new RangeDecoder(TableCodec.atEntries(chunk));
        for (int left = TableCodec.entries(chunk); left > 0; left--) {
            model.code(decoder);
            if (decoder.isDamaged() || !entry.isSound()) {
                return ImportResult.DAMAGED;
            }
            ImportResult stored = store(entry, staged.hash(entry.key), isUpdate, nowTick);
            if (stored != ImportResult.IMPORTED) {
                return stored;
            }
        }
        return decoder.isAtEnd() ? ImportResult.IMPORTED : ImportResult.DAMAGED;
    }

    private ImportResult addColumns(ByteBuffer chunk, boolean isUpdate, long nowNanos) {
        EntryColumns columns = EntryColumns.ofThisThread();
        int count = TableCodec.entries(chunk);
        if (!columns.read(TableCodec.atEntries(chunk), TableCodec.version(chunk), count)) {
            return ImportResult.DAMAGED;
        }
        if (!isAligned) {
            align(chunk, columns, nowNanos);
            isAligned = true;
        }
        int nowTick = staged.clock().tick(nowNanos);
        for (int done = 0; done < count; done += AT_ONCE) {
            ImportResult result = addNext(columns, Math.min(AT_ONCE, count - done), isUpdate, nowTick);
            if (result != ImportResult.IMPORTED) {
                return result;
            }
        }
        return ImportResult.IMPORTED;
    }

    private void align(ByteBuffer chunk, EntryColumns columns, long nowNanos) {
        int phaseNanos = TableCodec.phaseNanos(chunk);
        if (columns.hasTick()) {
            staged.clock().align(nowNanos, phaseNanos, columns.nowTick());
        } else {
            staged.clock().align(nowNanos, phaseNanos);
        }
    }

    /** All are read before the first is stored: so the waits for their places in the index overlap. */
    private ImportResult addNext(EntryColumns columns, int count, boolean isUpdate, int nowTick) {
        long near = 0;
        for (int i = 0; i < count; i++) {
            columns.next(entries[i]);
            if (!entries[i].isSound()) {
                return ImportResult.DAMAGED;
            }
            hashes[i] = staged.hash(entries[i].key);
        }
        for (int i = 0; i < count; i++) {
            near += staged.touch(hashes[i]);
        }
        touched = near;
        for (int i = 0; i < count; i++) {
            ImportResult stored = store(entries[i], hashes[i], isUpdate, nowTick);
            if (stored != ImportResult.IMPORTED) {
                return stored;
            }
        }
        return ImportResult.IMPORTED;
    }

    private ImportResult store(EntryFields entry, long hash, boolean isUpdate, int nowTick) {
        int old = staged.find(entry.key, hash);
        if (old != ConnectionTable.NONE) {
            if (!isUpdate) {
                return ImportResult.DUPLICATE;
            }
            remove(old);
        }
        int slot = staged.add(entry.key, hash);
        if (slot == ConnectionTable.NONE) {
            return ImportResult.OVER_CAPACITY;
        }
        entry.store(staged, slot, nowTick);
        localAddresses.add(entry);
        if (slot >= digests.length) {
            digests = Arrays.copyOf(digests, Math.max(slot + 1, 2 * digests.length));
        }
        digests[slot] = entryDigest.of(entry);
        digest += digests[slot];
        return ImportResult.IMPORTED;
    }

    /** The VM's own ones of all connections that came, also of those that were removed since. */
    public LocalAddresses localAddresses() {
        return localAddresses;
    }

    /** The last that came holds. */
    private ImportResult addExpectations(ByteBuffer chunk, long nowNanos) {
        Expectations read = new Expectations();
        TableCodec.atEntries(chunk);
        for (int left = TableCodec.entries(chunk); left > 0; left--) {
            if (!read.read(chunk, nowNanos)) {
                return ImportResult.DAMAGED;
            }
        }
        expectations = read;
        return chunk.hasRemaining() ? ImportResult.DAMAGED : ImportResult.IMPORTED;
    }

    /** What the imported connections have announced; null for nothing. */
    @Nullable
    Expectations expectations() {
        return expectations;
    }

    /** Only what was sent before is ever removed. */
    private ImportResult remove(ByteBuffer chunk) {
        TableCodec.atEntries(chunk);
        for (int left = TableCodec.entries(chunk); left > 0; left--) {
            boolean isRead = EntryCodec.readKey(chunk, key);
            int slot = isRead ? staged.find(key) : ConnectionTable.NONE;
            if (slot == ConnectionTable.NONE) {
                return ImportResult.DAMAGED;
            }
            remove(slot);
        }
        return chunk.hasRemaining() ? ImportResult.DAMAGED : ImportResult.IMPORTED;
    }

    private void remove(int slot) {
        digest -= digests[slot];
        staged.remove(slot);
    }

    /** Its connections went on since: TCP windows are learned anew. Call it when all has come. */
    public void resume() {
        for (int slot = staged.next(0); slot != ConnectionTable.NONE; slot = staged.next(slot + 1)) {
            if (staged.isTcp(slot)) {
                TcpTracker.resume(staged, slot);
            }
        }
    }

    /**
     * Replaces the table's connections by what came, if that is all.
     *
     * @param entries how many the exporter says there are
     * @param expectedDigest what their digest is there
     */
    public ImportResult finish(int entries, long expectedDigest) {
        boolean isWhole = !isOver && staged.count() == entries && digest == expectedDigest;
        if (!isWhole) {
            close();
            return ImportResult.DAMAGED;
        }
        isOver = true;
        isInForce = true;
        table.replaceBy(staged);
        return ImportResult.IMPORTED;
    }

    @Override
    public void close() {
        isOver = true;
        if (!isInForce) {
            staged.close();
        }
    }
}
