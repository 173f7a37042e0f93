package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;

/**
 * A bucket of {@link SlotIndex}: one cache line of native memory with {@value #WAYS} tags of 16 bits, and then as many words of four bytes, each a
 * slot and what is known ahead of its hash. The way of a tag that is 0 is free. Everything here is without state and takes the bucket's address.
 */
final class Bucket {
    static final int NONE = -1;
    static final int BYTES = 64;
    /** Places in a bucket. */
    static final int WAYS = 10;

    /** Behind the tags: two lanes of 16 bits that stay 0. */
    private static final int WORDS_AT = 24;

    private static final long LANE_ONES = 0x0001_0001_0001_0001L;
    private static final long LANE_TOPS = 0x8000_8000_8000_8000L;
    private static final long LAST_LANES = 0x0001_0001L;
    private static final long LAST_WORD_TOPS = LAST_LANES << 15;
    /** Every way, as {@link #matches} has them. */
    static final long ALL_WAYS = LANE_ONES | LANE_ONES << 1 | LAST_LANES << 2;

    // ---- a word: the slot's number, and above it a 1 and then what is left of AHEAD_BITS ----
    static final int SLOT_BITS = 27;
    private static final int SLOT_MASK = (1 << SLOT_BITS) - 1;
    static final int AHEAD_BITS = 4;
    private static final int AHEAD_FULL = 1 << AHEAD_BITS;
    static final int AHEAD_NONE = 1;

    private Bucket() {}

    /** Of 15 bits of the hash, and odd: so it is never 0, and its two buckets differ in their lowest bit. */
    static int tag(long hash) {
        return (int) (hash >>> 48) | 1;
    }

    /** The hash's tag in all four lanes. */
    static long pattern(long hash) {
        return tag(hash) * LANE_ONES;
    }

    /**
     * Where the tag is in a bucket, as a set of bits for {@link #way}; the lowest one is certain, a higher one may be
     * another tag.
     */
    static long matches(long address, long pattern) {
        long m0 = lanes(NativeMemory.getLong(address) ^ pattern);
        long m1 = lanes(NativeMemory.getLong(address + 8) ^ pattern);
        long m2 = lanes(NativeMemory.getLong(address + 16) ^ pattern) & LAST_WORD_TOPS;
        return m0 >>> 15 | m1 >>> 14 | m2 >>> 13;
    }

    /** The ways that are free, as {@link #matches}; all are certain. */
    static long free(long address) {
        long m0 = zeros(NativeMemory.getLong(address));
        long m1 = zeros(NativeMemory.getLong(address + 8));
        long m2 = zeros(NativeMemory.getLong(address + 16)) & LAST_WORD_TOPS;
        return m0 >>> 15 | m1 >>> 14 | m2 >>> 13;
    }

    /** The guests of a full bucket of this number, as {@link #matches}; all are certain. See {@link SlotIndex}. */
    static long guests(long address, int bucket) {
        long homes = (bucket & 1) * (LANE_ONES << 1);
        long g0 = NativeMemory.getLong(address) ^ homes;
        long g1 = NativeMemory.getLong(address + 8) ^ homes;
        long g2 = NativeMemory.getLong(address + 16) ^ homes;
        return (g0 >>> 1 & LANE_ONES) | (g1 & LANE_ONES << 1) | (g2 << 1 & LAST_LANES << 2);
    }

    private static long lanes(long difference) {
        return difference - LANE_ONES & ~difference & LANE_TOPS;
    }

    /** As {@link #lanes}, certain in every lane, for three instructions more. */
    private static long zeros(long lanes) {
        return ~((lanes & ~LANE_TOPS) + ~LANE_TOPS | lanes) & LANE_TOPS;
    }

    /** The way of the lowest bit; of none any way. */
    static int way(long matches) {
        int bit = Long.numberOfTrailingZeros(matches);
        return ((bit & 15) << 2) + (bit >>> 4);
    }

    static int tag(long address, int way) {
        return NativeMemory.getShort(address + 2L * way);
    }

    static int word(long address, int way) {
        return NativeMemory.getInt(address + WORDS_AT + 4L * way);
    }

    static int slot(long address, int way) {
        return slot(word(address, way));
    }

    static void set(long address, int way, int tag, int word) {
        NativeMemory.setShort(address + 2L * way, tag);
        NativeMemory.setInt(address + WORDS_AT + 4L * way, word);
    }

    /** Frees all ways from this one on. */
    static void endAt(long address, int ways) {
        for (int way = ways; way < WAYS; way++) {
            NativeMemory.setShort(address + 2L * way, 0);
        }
    }

    // ---- words ----

    static int word(int slot, int ahead) {
        return slot | ahead << SLOT_BITS;
    }

    static int slot(int word) {
        return word & SLOT_MASK;
    }

    static int ahead(int word) {
        return word >>> SLOT_BITS;
    }

    /** What is ahead of the bits of a hash of which {@code known} are known already. */
    static int ahead(int bits, int known) {
        return AHEAD_FULL | (bits >>> known & AHEAD_FULL - 1);
    }

    /** With one bit more, at most as many as there is room for. */
    static int longer(int ahead, int bit) {
        int longer = ahead << 1 | bit;
        return longer < 2 * AHEAD_FULL ? longer : AHEAD_FULL | (longer & AHEAD_FULL - 1);
    }
}
