package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;
import java.util.Arrays;

/**
 * Finds slots by the hash of their key. A bucket is one cache line: ten tags of 16 bits of the hash and ten slots. Each hash has
 * two buckets; a slot goes to its first one, to the second if that is full, and if both are, another slot of theirs makes room by
 * going to its own other bucket (cuckoo hashing, Pagh and Rodler 2004; buckets of Dietzfelbinger and Weidling 2007). What still finds
 * no room is spilled to a list that is searched last; without the hash's secret nobody can make that happen.
 *
 * <p>Grows by one bucket at a time (linear hashing, Litwin 1980), so that no insertion waits for a rehash.
 *
 * <p>Neither of these looks at the key of what it moves, which is somewhere else in memory: the number of a bucket and the tag
 * tell the other bucket (as in a cuckoo filter, Fan et al. 2014), and beside each slot are {@value #AHEAD_BITS} bits of the hash for
 * the next times that its bucket is split. Only when those are used up, after the index has grown sixteenfold, is the key asked for
 * more. One thread.
 */
final class SlotIndex {
    static final int NONE = -1;
    static final int BUCKET_SHIFT = 6;
    static final int BUCKET_BYTES = 1 << BUCKET_SHIFT;
    /** Places in a bucket. */
    static final int WAYS = 10;
    /** Behind the tags: two lanes of 16 bits that stay 0. */
    static final int SLOTS_AT = 24;
    /** Slots per bucket on average, in tenths. */
    static final int LOAD_TENTHS = 86;

    /** Slots that may move to make room for one. */
    private static final int MAX_MOVES = 2;

    private static final long LANE_ONES = 0x0001_0001_0001_0001L;
    private static final long LANE_TOPS = 0x8000_8000_8000_8000L;
    private static final long LAST_WORD_TOPS = 0x8000_8000L;
    private static final int HASH_BITS = 24;
    private static final int HASH_MASK = (1 << HASH_BITS) - 1;

    // ---- the four bytes of a slot: its number, and above it a 1 and then what is left of AHEAD_BITS ----
    private static final int SLOT_BITS = 27;
    private static final int SLOT_MASK = (1 << SLOT_BITS) - 1;
    private static final int AHEAD_BITS = 4;
    private static final int AHEAD_FULL = 1 << AHEAD_BITS;
    private static final int AHEAD_NONE = 1;

    /** Hash of the key in a slot. */
    interface Hashes {
        long hashOf(int slot);
    }

    private Hashes hashes;
    private final Lines lines = new Lines(BUCKET_BYTES);
    private int buckets = 1;
    /** Power of two, at most {@code buckets} and more than half of it. */
    private int half = 1;
    /** Its logarithm. */
    private int level;

    private int count;
    private int[] spilled = new int[0];
    private long[] spilledHashes = new long[0];
    private int spilledCount;

    SlotIndex(Hashes hashes) {
        this.hashes = hashes;
        lines.ensure(1);
    }

    /** The slots belong to another table now. */
    void setHashes(Hashes newHashes) {
        hashes = newHashes;
    }

    // ---- the parts of a hash ----

    int firstBucket(long hash) {
        return bucket((int) hash & HASH_MASK);
    }

    int secondBucket(long hash) {
        return bucket(turned((int) hash & HASH_MASK, tag(hash)));
    }

    private static int tag(long hash) {
        long tag = hash >>> 48;
        // 1 instead of 0, without a branch
        return (int) (tag + ((tag - 1) >>> 63));
    }

    /** Takes the bits that choose one bucket to those that choose the other, and back. */
    private static int turned(int bits, int tag) {
        return bits ^ ((tag ^ tag << 8) & HASH_MASK);
    }

    /** The hash's tag in all four lanes; never 0. */
    static long pattern(long hash) {
        return tag(hash) * LANE_ONES;
    }

    private int bucket(int bits) {
        int wide = bits & 2 * half - 1;
        return wide >= buckets ? wide - half : wide;
    }

    // ---- search ----

    long address(int bucket) {
        return lines.address(bucket);
    }

    /**
     * Where the tag is in a bucket, as a set of bits for {@link #way}; the lowest one is certain, a higher one may be
     * another tag.
     */
    static long matches(long bucketAddress, long pattern) {
        long m0 = lanes(NativeMemory.getLong(bucketAddress) ^ pattern);
        long m1 = lanes(NativeMemory.getLong(bucketAddress + 8) ^ pattern);
        long m2 = lanes(NativeMemory.getLong(bucketAddress + 16) ^ pattern) & LAST_WORD_TOPS;
        return m0 >>> 15 | m1 >>> 14 | m2 >>> 13;
    }

    /** The way of the lowest bit; of none any way. */
    static int way(long matches) {
        int bit = Long.numberOfTrailingZeros(matches);
        return ((bit & 15) << 2) + (bit >>> 4);
    }

    static int slot(long bucketAddress, int way) {
        return word(bucketAddress, way) & SLOT_MASK;
    }

    private static int word(long bucketAddress, int way) {
        return NativeMemory.getInt(bucketAddress + SLOTS_AT + 4L * way);
    }

    private static long lanes(long difference) {
        return difference - LANE_ONES & ~difference & LANE_TOPS;
    }

    int spilledCount() {
        return spilledCount;
    }

    /** The next place in the list of spilled slots, from {@code at} on, where the hash is, or {@link #NONE}; begin with 0. */
    int nextSpilled(int at, long hash) {
        for (int i = at; i < spilledCount; i++) {
            if (spilledHashes[i] == hash) {
                return i;
            }
        }
        return NONE;
    }

    int spilled(int at) {
        return spilled[at];
    }

    // ---- changes ----

    void put(long hash, int slot) {
        if ((count + 1) * 10L > (long) buckets * LOAD_TENTHS) {
            split();
        }
        count++;
        place(hash, slot);
    }

    void remove(long hash, int slot) {
        if (!clear(firstBucket(hash), hash, slot) && !clear(secondBucket(hash), hash, slot)) {
            unspill(slot);
        }
        count--;
    }

    long bytes() {
        return lines.bytes(buckets) + 12L * spilled.length;
    }

    /** Gives back what is taken ahead of need. */
    void trim() {
        lines.trim(buckets);
    }

    void free() {
        lines.free();
    }

    private void place(long hash, int slot) {
        int first = firstBucket(hash);
        int second = secondBucket(hash);
        if (putInto(first, hash, slot) || putInto(second, hash, slot)) {
            return;
        }
        for (int moves = 1; moves <= MAX_MOVES; moves++) {
            if (makeRoom(first, moves) && putInto(first, hash, slot)) {
                return;
            }
            if (makeRoom(second, moves) && putInto(second, hash, slot)) {
                return;
            }
        }
        if (spilledCount == spilled.length) {
            spilled = Arrays.copyOf(spilled, Math.max(4, spilledCount * 2));
            spilledHashes = Arrays.copyOf(spilledHashes, spilled.length);
        }
        spilledHashes[spilledCount] = hash;
        spilled[spilledCount++] = slot;
    }

    private boolean putInto(int bucket, long hash, int slot) {
        long address = lines.address(bucket);
        int way = freeWay(address);
        if (way == NONE) {
            return false;
        }
        int bits = bitsIn(bucket, hash);
        set(address, way, tag(hash), word(slot, ahead(bits, knownBits(bucket))));
        return true;
    }

    private static int word(int slot, int ahead) {
        return slot | ahead << SLOT_BITS;
    }

    /** How many of the bits that choose a bucket its number tells. */
    private int knownBits(int bucket) {
        return bucket >= half || bucket + half < buckets ? level + 1 : level;
    }

    private static int ahead(int bits, int known) {
        return AHEAD_FULL | (bits >>> known & AHEAD_FULL - 1);
    }

    /** Those bits of a hash that chose this bucket. */
    private int bitsIn(int bucket, long hash) {
        int bits = (int) hash & HASH_MASK;
        return bucket(bits) == bucket ? bits : turned(bits, tag(hash));
    }

    private static int freeWay(long address) {
        long m0 = lanes(NativeMemory.getLong(address));
        long m1 = lanes(NativeMemory.getLong(address + 8));
        long m2 = lanes(NativeMemory.getLong(address + 16)) & LAST_WORD_TOPS;
        long free = m0 >>> 15 | m1 >>> 14 | m2 >>> 13;
        return free == 0 ? NONE : way(free);
    }

    private static void set(long address, int way, int tag, int word) {
        NativeMemory.setShort(address + 2L * way, tag);
        NativeMemory.setInt(address + SLOTS_AT + 4L * way, word);
    }

    /**
     * Moves one slot of a full bucket to its other bucket, which may have to make room first. Those that this round of growth has
     * split are half as full as the rest, and asked first.
     */
    private boolean makeRoom(int bucket, int moves) {
        return makeRoom(bucket, moves, true) || makeRoom(bucket, moves, false);
    }

    private boolean makeRoom(int bucket, int moves, boolean isSplit) {
        long address = lines.address(bucket);
        int known = knownBits(bucket);
        for (int way = 0; way < WAYS; way++) {
            int tag = NativeMemory.getShort(address + 2L * way);
            int word = withBitAhead(bucket, word(address, way));
            int bits = known > level ? bucket : bucket | (word >>> SLOT_BITS & 1) << level;
            int otherBits = turned(bits, tag);
            int other = bucket(otherBits);
            if (other == bucket || knownBits(other) > level != isSplit) {
                continue;
            }
            boolean hasRoom = moves == 1 || freeWay(lines.address(other)) != NONE || makeRoom(other, moves - 1);
            // a chain may come back and have changed this way
            boolean isStill = hasRoom && slot(address, way) == (word & SLOT_MASK);
            int free = isStill ? freeWay(lines.address(other)) : NONE;
            if (free != NONE) {
                int ahead = moved(word >>> SLOT_BITS, known, otherBits, tag, knownBits(other));
                set(lines.address(other), free, tag, word(word & SLOT_MASK, ahead));
                set(address, way, 0, 0);
                return true;
            }
        }
        return false;
    }

    /** The bits ahead of what goes from a bucket that knows {@code known} bits to one that knows {@code otherKnown}. */
    private int moved(int ahead, int known, int otherBits, int tag, int otherKnown) {
        int there = ahead ^ (turned(0, tag) >>> known & Integer.highestOneBit(ahead) - 1);
        if (otherKnown > known) {
            return there >>> 1;
        }
        if (otherKnown == known) {
            return there;
        }
        int longer = there << 1 | (otherBits >>> level & 1);
        return longer < 2 * AHEAD_FULL ? longer : AHEAD_FULL | (longer & AHEAD_FULL - 1);
    }

    /** The word with at least one bit ahead. */
    private int withBitAhead(int bucket, int word) {
        if (word >>> SLOT_BITS > AHEAD_NONE) {
            return word;
        }
        int slot = word & SLOT_MASK;
        return word(slot, ahead(bitsIn(bucket, hashes.hashOf(slot)), knownBits(bucket)));
    }

    private boolean clear(int bucket, long hash, int slot) {
        long address = lines.address(bucket);
        for (long m = matches(address, pattern(hash)); m != 0; m &= m - 1) {
            int way = way(m);
            if (slot(address, way) == slot && NativeMemory.getShort(address + 2L * way) != 0) {
                set(address, way, 0, 0);
                return true;
            }
        }
        return false;
    }

    private void unspill(int slot) {
        for (int i = 0; i < spilledCount; i++) {
            if (spilled[i] == slot) {
                dropSpilled(i);
                return;
            }
        }
        throw new IllegalStateException("slot " + slot + " holds no connection");
    }

    /** Adds one bucket and moves to it what belongs there of the one that it comes from. */
    private void split() {
        if (buckets > HASH_MASK) {
            // as many as the hash can tell; from here on buckets only get fuller, and then spill
            return;
        }
        if (buckets == 2 * half) {
            half = buckets;
            level++;
        }
        int from = buckets - half;
        int to = buckets;
        lines.ensure(buckets + 1);
        long address = lines.address(from);
        long target = lines.address(to);
        int kept = 0;
        int moved = 0;
        for (int way = 0; way < WAYS; way++) {
            int tag = NativeMemory.getShort(address + 2L * way);
            if (tag == 0) {
                continue;
            }
            int word = withBitAhead(from, word(address, way));
            int ahead = word >>> SLOT_BITS;
            int left = word(word & SLOT_MASK, ahead >>> 1);
            // which it is cannot be foreseen: it is put down at both, and stays at one
            set(target, moved, tag, left);
            set(address, kept, tag, left);
            moved += ahead & 1;
            kept += ~ahead & 1;
        }
        endAt(target, moved);
        endAt(address, kept);
        buckets++;
        retrySpilled();
    }

    private static void endAt(long address, int ways) {
        for (int way = ways; way < WAYS; way++) {
            NativeMemory.setShort(address + 2L * way, 0);
        }
    }

    private void retrySpilled() {
        for (int i = spilledCount - 1; i >= 0; i--) {
            int slot = spilled[i];
            long hash = spilledHashes[i];
            if (putInto(firstBucket(hash), hash, slot) || putInto(secondBucket(hash), hash, slot)) {
                dropSpilled(i);
            }
        }
    }

    private void dropSpilled(int at) {
        spilledCount--;
        spilled[at] = spilled[spilledCount];
        spilledHashes[at] = spilledHashes[spilledCount];
    }
}
