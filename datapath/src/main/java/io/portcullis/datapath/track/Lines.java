package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import java.util.Arrays;

/**
 * A growing array of records of one size in native memory, none of which it takes before it must; until then record 0 may be read, and is zero. Begins with {@value #FIRST_RECORDS} records in a small piece that
 * is copied while it is small; from {@value #COPIED_RECORDS} records on it grows by slabs that never move. The first slab takes small
 * pages, so that a small table stays small, and goes to huge ones when it is full; all others take huge pages as they are touched: a
 * huge page costs a tenth of the time that its small ones would. What is not used of the last one goes back by {@link #trim}. One
 * thread.
 */
final class Lines {
    static final int SLAB_SHIFT = 15;
    static final int SLAB_RECORDS = 1 << SLAB_SHIFT;
    static final int SLAB_MASK = SLAB_RECORDS - 1;

    private static final int FIRST_RECORDS = 8;
    private static final int LONGEST_RECORD_BYTES = 128;
    private static final int COPIED_RECORDS = 512;
    private static final int PAGE_BYTES = 4096;
    private static final int HUGE_BYTES = NativeMemory.HUGE_PAGE_BYTES;

    private final int recordBytes;
    private final long slabBytes;
    /** Slabs behind the first that are one piece: as few as end where a huge page does. */
    private final int pieceSlabs;

    /** What record 0 reads as before there is memory: a table that was never used takes none. Nobody writes to it. */
    private static final long[] NOTHING_YET = {
        NativeMemory.allocate(LONGEST_RECORD_BYTES).address()
    };

    private static final NativeMemory.Piece[] NO_PIECES = {};
    /** Of those who have nothing to keep yet, whoever they are: record 0 may be read, and it never grows. */
    static final Lines NONE_YET = new Lines(Long.BYTES);

    private NativeMemory.Piece[] pieces = NO_PIECES;
    private long[] bases = NOTHING_YET;
    private int capacity;
    private int moves;
    /** The huge page of which a part went back, or 0. */
    private long trimmed;

    Lines(int recordBytes) {
        this.recordBytes = recordBytes;
        slabBytes = (long) SLAB_RECORDS * recordBytes;
        pieceSlabs = (int) Math.max(1, HUGE_BYTES / Long.lowestOneBit(slabBytes));
    }

    /** Addresses of the slabs; valid until the next growth. */
    long[] bases() {
        return bases;
    }

    /** How often records have moved. */
    int moves() {
        return moves;
    }

    long address(int record) {
        return bases[record >>> SLAB_SHIFT] + (long) (record & SLAB_MASK) * recordBytes;
    }

    /** Makes room for records below {@code count}; new ones are zero. */
    void ensure(int count) {
        if (count > capacity) {
            grow(count);
        }
    }

    /** What the first {@code used} records keep in memory, unused rest of pages included. */
    long bytes(int used) {
        if (capacity < SLAB_RECORDS) {
            return (long) capacity * recordBytes;
        }
        if (used <= SLAB_RECORDS) {
            return roundUp((long) used * recordBytes, PAGE_BYTES);
        }
        int page = hugePageOf(used - 1) == trimmed ? PAGE_BYTES : HUGE_BYTES;
        return slabBytes + roundUp((long) (used - SLAB_RECORDS) * recordBytes, page);
    }

    /** Gives back what records from {@code used} on, which nobody has used yet, take of a huge page. */
    void trim(int used) {
        if (used <= SLAB_RECORDS || hugePageOf(used - 1) == trimmed) {
            return;
        }
        endTrim();
        long end = roundUp(address(used - 1) + recordBytes, PAGE_BYTES);
        trimmed = hugePageOf(used - 1);
        NativeMemory.giveBack(end, Math.max(0, trimmed + HUGE_BYTES - end));
    }

    /** The huge page in which a record ends that is not of the first slab. */
    private long hugePageOf(int record) {
        return address(record) + recordBytes - 1 & -HUGE_BYTES;
    }

    private void endTrim() {
        if (trimmed != 0) {
            NativeMemory.collapse(trimmed, HUGE_BYTES);
            trimmed = 0;
        }
    }

    private static long roundUp(long bytes, int page) {
        return bytes + page - 1 & -page;
    }

    void free() {
        if (capacity == 0) {
            return;
        }
        for (NativeMemory.Piece piece : pieces) {
            piece.free();
        }
        pieces = NO_PIECES;
        bases = NOTHING_YET;
        capacity = 0;
        trimmed = 0;
    }

    private void grow(int count) {
        if (count <= COPIED_RECORDS) {
            int records = Math.max(FIRST_RECORDS, Integer.highestOneBit(count - 1) << 1);
            replaceFirst(NativeMemory.allocate((long) records * recordBytes), records);
            return;
        }
        if (capacity < SLAB_RECORDS) {
            replaceFirst(NativeMemory.reserve(slabBytes), SLAB_RECORDS);
        }
        while (capacity < count) {
            addSlab();
        }
    }

    private void replaceFirst(NativeMemory.Piece piece, int records) {
        if (capacity > 0) {
            NativeMemory.copy(bases[0], piece.address(), (long) capacity * recordBytes);
            pieces[0].free();
            moves++;
        } else {
            pieces = new NativeMemory.Piece[1];
            bases = new long[1];
        }
        pieces[0] = piece;
        bases[0] = piece.address();
        capacity = records;
    }

    private void addSlab() {
        int slab = bases.length;
        bases = Arrays.copyOf(bases, slab + 1);
        if (slab == 1 && slabBytes >= HUGE_BYTES) {
            NativeMemory.collapse(bases[0], slabBytes);
        }
        endTrim();
        if ((slab - 1) % pieceSlabs == 0) {
            NativeMemory.Piece piece = NativeMemory.reserve(pieceSlabs * slabBytes);
            NativeMemory.adviseHuge(piece.address(), pieceSlabs * slabBytes);
            pieces = Arrays.copyOf(pieces, pieces.length + 1);
            pieces[pieces.length - 1] = piece;
            bases[slab] = piece.address();
        } else {
            bases[slab] = bases[slab - 1] + slabBytes;
        }
        capacity += SLAB_RECORDS;
    }
}
