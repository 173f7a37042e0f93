package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import java.util.Arrays;

/**
 * A growing array of records of one size in native memory. Begins with {@value #FIRST_RECORDS} records in a small piece that
 * is copied while it is small; from {@value #COPIED_RECORDS} records on it grows by slabs that never move. Slabs are put on huge
 * pages: a table of many from the first touch on, the first few when they are full, so that a small table stays small. One
 * thread.
 */
final class Lines {
    static final int SLAB_SHIFT = 15;
    static final int SLAB_RECORDS = 1 << SLAB_SHIFT;
    static final int SLAB_MASK = SLAB_RECORDS - 1;

    private static final int FIRST_RECORDS = 8;
    private static final int COPIED_RECORDS = 512;
    /** From this slab on less than a hundredth of the memory is taken ahead of need. */
    private static final int HUGE_FROM_SLAB = 256;

    private static final int PAGE_BYTES = 4096;

    private final int recordBytes;
    private NativeMemory.Piece[] pieces = new NativeMemory.Piece[0];
    private long[] bases = new long[0];
    private int capacity;
    private int moves;

    Lines(int recordBytes) {
        this.recordBytes = recordBytes;
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
        int full = used >>> SLAB_SHIFT;
        long rest = (long) (used & SLAB_MASK) * recordBytes;
        long slabBytes = (long) SLAB_RECORDS * recordBytes;
        boolean isHuge = full >= HUGE_FROM_SLAB && slabBytes >= NativeMemory.HUGE_PAGE_BYTES;
        int page = isHuge ? NativeMemory.HUGE_PAGE_BYTES : PAGE_BYTES;
        return full * slabBytes + Math.min(slabBytes, (rest + page - 1) / page * page);
    }

    void free() {
        for (NativeMemory.Piece piece : pieces) {
            piece.free();
        }
        pieces = new NativeMemory.Piece[0];
        bases = new long[0];
        capacity = 0;
    }

    private void grow(int count) {
        if (count <= COPIED_RECORDS) {
            int records = Math.max(FIRST_RECORDS, Integer.highestOneBit(count - 1) << 1);
            replaceFirst(NativeMemory.allocate((long) records * recordBytes), records);
            return;
        }
        if (capacity < SLAB_RECORDS) {
            replaceFirst(NativeMemory.reserve((long) SLAB_RECORDS * recordBytes), SLAB_RECORDS);
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
        int slab = pieces.length;
        long slabBytes = (long) SLAB_RECORDS * recordBytes;
        pieces = Arrays.copyOf(pieces, slab + 1);
        bases = Arrays.copyOf(bases, slab + 1);
        pieces[slab] = NativeMemory.reserve(slabBytes);
        bases[slab] = pieces[slab].address();
        capacity += SLAB_RECORDS;
        if (slabBytes < NativeMemory.HUGE_PAGE_BYTES) {
            return;
        }
        if (slab >= HUGE_FROM_SLAB) {
            NativeMemory.adviseHuge(bases[slab], slabBytes);
        } else {
            NativeMemory.collapse(bases[slab - 1], slabBytes);
        }
    }
}
