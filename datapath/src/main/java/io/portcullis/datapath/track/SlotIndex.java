package io.portcullis.datapath.track;

import io.portcullis.datapath.memory.NativeMemory;

/**
 * Finds slots by the hash of their key. A {@link Bucket} is one cache line: ten tags of 16 bits, and ten slots. Each hash has
 * two buckets; a slot goes to its first one, to the second if that is full, and if both are, another slot of theirs makes room by
 * going to its own other bucket (cuckoo hashing, Pagh and Rodler 2004; buckets of Dietzfelbinger and Weidling 2007). What still finds
 * no room is spilled to a list that is searched last; without the hash's secret nobody can make that happen.
 *
 * <p>Of the two numbers of buckets one is even, and a bit of the tag says whether that is the first: so a bucket knows its guests, which are in
 * their second one, and sends them home when it needs room. That keeps most where a search looks first. A bit for each bucket, few enough to stay
 * near, says whether it is full, so that nothing is looked for where there is no room.
 *
 * <p>Grows by one bucket at a time (linear hashing, Litwin 1980), so that no insertion waits for a rehash.
 *
 * <p>Neither of these looks at the key of what it moves, which is somewhere else in memory: the number of a bucket and the tag
 * tell the other bucket (as in a cuckoo filter, Fan et al. 2014), and beside each slot are {@value Bucket#AHEAD_BITS} bits of the hash for
 * the next times that its bucket is split. Only when those are used up, after the index has grown sixteenfold, is the key asked for
 * more. One thread.
 */
final class SlotIndex {
    static final int NONE = -1;
    /** Slots per bucket on average, in tenths. */
    static final int LOAD_TENTHS = 86;

    private static final int HASH_BITS = 24;
    private static final int HASH_MASK = (1 << HASH_BITS) - 1;

    /** Of those who have nothing to find yet, whoever they are: nobody puts anything into it. */
    static final SlotIndex NONE_YET = new SlotIndex(slot -> {
        throw new IllegalStateException("slot " + slot + " of a table without connections");
    });

    /** Hash of the key in a slot. */
    interface Hashes {
        long hashOf(int slot);
    }

    private Hashes hashes;
    private final Lines lines = new Lines(Bucket.BYTES);
    /** A bit for each bucket, in words: whether it is full. */
    private final Lines full = new Lines(Long.BYTES);

    private int buckets = 1;
    /** Power of two, at most {@code buckets} and more than half of it. */
    private int half = 1;
    /** Its logarithm. */
    private int level;

    private int count;
    private final SpilledSlots spilled = new SpilledSlots();

    SlotIndex(Hashes hashes) {
        this.hashes = hashes;
    }

    /** The slots belong to another table now. */
    void setHashes(Hashes newHashes) {
        hashes = newHashes;
    }

    // ---- which buckets ----

    int firstBucket(long hash) {
        return bucket(firstBits(hash));
    }

    int secondBucket(long hash) {
        return bucket(turned(firstBits(hash), Bucket.tag(hash)));
    }

    /** The bits that choose the first bucket; the lowest one stands in the tag, too. */
    private static int firstBits(long hash) {
        return ((int) hash & HASH_MASK & ~1) | (Bucket.tag(hash) >>> 1 & 1);
    }

    /** Takes the bits that choose one bucket to those that choose the other, and back. */
    private static int turned(int bits, int tag) {
        return bits ^ ((tag ^ tag << 8) & HASH_MASK);
    }

    private int bucket(int bits) {
        int wide = bits & 2 * half - 1;
        return wide >= buckets ? wide - half : wide;
    }

    /** Those bits of a hash that chose this bucket. */
    private int bitsIn(int bucket, long hash) {
        int bits = firstBits(hash);
        return bucket(bits) == bucket ? bits : turned(bits, Bucket.tag(hash));
    }

    /** Whether this round of growth has split it, or made it by that. */
    private boolean isSplit(int bucket) {
        return bucket >= half || bucket + half < buckets;
    }

    /** How many of the bits that choose a bucket its number tells. */
    private int knownBits(int bucket) {
        return isSplit(bucket) ? level + 1 : level;
    }

    long address(int bucket) {
        return lines.address(bucket);
    }

    // ---- what is spilled ----

    int spilledCount() {
        return spilled.count();
    }

    /** The next place in the list of spilled slots, from {@code at} on, where the hash is, or {@link #NONE}; begin with 0. */
    int nextSpilled(int at, long hash) {
        return spilled.next(at, hash);
    }

    int spilled(int at) {
        return spilled.slot(at);
    }

    // ---- changes ----

    void put(long hash, int slot) {
        if (count == 0) {
            lines.ensure(buckets);
            full.ensure(fullWords());
        }
        if ((count + 1) * 10L > (long) buckets * LOAD_TENTHS) {
            split();
        }
        count++;
        if (!place(hash, slot)) {
            spilled.add(hash, slot);
        }
    }

    void remove(long hash, int slot) {
        if (!clear(firstBucket(hash), hash, slot) && !clear(secondBucket(hash), hash, slot)) {
            spilled.remove(slot);
        }
        count--;
    }

    /**
     * What {@link #put} would look at beside the two buckets of this hash, or one of the two if that is all: so that whoever has many to put may
     * read it in advance, when the two are near.
     */
    long roomAddress(long hash) {
        int first = firstBucket(hash);
        if (!isFull(first)) {
            return lines.address(first);
        }
        long guests = Bucket.guests(lines.address(first), first);
        int way = openWay(first, guests);
        if (way == NONE && isFull(secondBucket(hash))) {
            way = openWay(first, ~guests & Bucket.ALL_WAYS);
        }
        return lines.address(way == NONE ? first : otherBucket(first, way));
    }

    long bytes() {
        return lines.bytes(buckets) + full.bytes(fullWords()) + spilled.bytes();
    }

    /** Gives back what is taken ahead of need. */
    void trim() {
        lines.trim(buckets);
        full.trim(fullWords());
    }

    void free() {
        lines.free();
        full.free();
    }

    // ---- full buckets ----

    private int fullWords() {
        return ((buckets - 1) >>> 6) + 1;
    }

    private boolean isFull(int bucket) {
        return (NativeMemory.getLong(full.address(bucket >>> 6)) >>> bucket & 1) != 0;
    }

    private void setFull(int bucket, boolean isFull) {
        long at = full.address(bucket >>> 6);
        long others = NativeMemory.getLong(at) & ~(1L << bucket);
        NativeMemory.setLong(at, others | (isFull ? 1L << bucket : 0));
    }

    // ---- making room ----

    private boolean place(long hash, int slot) {
        int first = firstBucket(hash);
        if (putInto(first, hash, slot)) {
            return true;
        }
        int second = secondBucket(hash);
        long guests = Bucket.guests(lines.address(first), first);
        return (moveOne(first, guests) && putInto(first, hash, slot))
                || putInto(second, hash, slot)
                || (moveOne(first, ~guests & Bucket.ALL_WAYS) && putInto(first, hash, slot))
                || (makeRoom(second) && putInto(second, hash, slot))
                || (makeRoomFar(first) && putInto(first, hash, slot))
                || (makeRoomFar(second) && putInto(second, hash, slot));
    }

    private boolean putInto(int bucket, long hash, int slot) {
        return !isFull(bucket)
                && put(
                        bucket,
                        Bucket.tag(hash),
                        Bucket.word(slot, Bucket.ahead(bitsIn(bucket, hash), knownBits(bucket))));
    }

    private boolean put(int bucket, int tag, int word) {
        long address = lines.address(bucket);
        long free = Bucket.free(address);
        Bucket.set(address, Bucket.way(free), tag, word);
        if ((free & free - 1) == 0) {
            setFull(bucket, true);
        }
        return true;
    }

    private void clear(int bucket, int way) {
        Bucket.set(lines.address(bucket), way, 0, 0);
        setFull(bucket, false);
    }

    /** Whether the other bucket is one of two, and which of them only the key tells. */
    private boolean isUnsure(int bucket, int ahead, int tag) {
        return ahead <= Bucket.AHEAD_NONE && !isSplit(bucket) && isSplit(turned(bucket, tag) & half - 1);
    }

    /** The first of these ways of a full bucket whose other bucket has room, or {@link #NONE}; without a look at keys. */
    private int openWay(int bucket, long ways) {
        long address = lines.address(bucket);
        for (long left = ways; left != 0; left &= left - 1) {
            int way = Bucket.way(left);
            int other = otherBucket(bucket, way);
            int ahead = Bucket.ahead(Bucket.word(address, way));
            if (!isFull(other) && !isUnsure(bucket, ahead, Bucket.tag(address, way))) {
                return way;
            }
        }
        return NONE;
    }

    private int otherBucket(int bucket, int way) {
        long address = lines.address(bucket);
        int ahead = Bucket.ahead(Bucket.word(address, way));
        return bucket(turned(bits(bucket, ahead), Bucket.tag(address, way)));
    }

    /** The bits that chose this bucket, as far as its number and what is ahead of it tell. */
    private int bits(int bucket, int ahead) {
        return isSplit(bucket) ? bucket : bucket | (ahead & 1) << level;
    }

    private boolean makeRoom(int bucket) {
        long guests = Bucket.guests(lines.address(bucket), bucket);
        return moveOne(bucket, guests) || moveOne(bucket, ~guests & Bucket.ALL_WAYS);
    }

    private boolean moveOne(int bucket, long ways) {
        int way = openWay(bucket, ways);
        return way != NONE && move(bucket, way);
    }

    /** Where none may move at once: asks the keys, and lets other buckets make room first. */
    private boolean makeRoomFar(int bucket) {
        for (int way = 0; way < Bucket.WAYS && isFull(bucket); way++) {
            int other = otherBucket(bucket, way);
            boolean mayHelp = !move(bucket, way) && other != bucket && isFull(other);
            if (mayHelp && makeRoom(other)) {
                move(bucket, way);
            }
        }
        return !isFull(bucket);
    }

    /** Moves what is in this way of a full bucket to its other bucket, if that has room. */
    private boolean move(int bucket, int way) {
        long address = lines.address(bucket);
        int tag = Bucket.tag(address, way);
        int word = Bucket.word(address, way);
        if (isUnsure(bucket, Bucket.ahead(word), tag)) {
            word = withBitAhead(bucket, word);
        }
        int otherBits = turned(bits(bucket, Bucket.ahead(word)), tag);
        int other = bucket(otherBits);
        if (other == bucket || isFull(other)) {
            return false;
        }
        int ahead = moved(Bucket.ahead(word), knownBits(bucket), otherBits, tag, knownBits(other));
        put(other, tag, Bucket.word(Bucket.slot(word), ahead));
        clear(bucket, way);
        return true;
    }

    /** The bits ahead of what goes from a bucket that knows {@code known} bits to one that knows {@code otherKnown}. */
    private int moved(int ahead, int known, int otherBits, int tag, int otherKnown) {
        int there = ahead ^ (turned(0, tag) >>> known & Integer.highestOneBit(ahead) - 1);
        if (otherKnown > known) {
            return there >>> 1;
        }
        return otherKnown == known ? there : Bucket.longer(there, otherBits >>> level & 1);
    }

    /** The word with at least one bit ahead. */
    private int withBitAhead(int bucket, int word) {
        if (Bucket.ahead(word) > Bucket.AHEAD_NONE) {
            return word;
        }
        int slot = Bucket.slot(word);
        return Bucket.word(slot, Bucket.ahead(bitsIn(bucket, hashes.hashOf(slot)), knownBits(bucket)));
    }

    private boolean clear(int bucket, long hash, int slot) {
        long address = lines.address(bucket);
        for (long m = Bucket.matches(address, Bucket.pattern(hash)); m != 0; m &= m - 1) {
            int way = Bucket.way(m);
            if (Bucket.slot(address, way) == slot && Bucket.tag(address, way) != 0) {
                clear(bucket, way);
                return true;
            }
        }
        return false;
    }

    // ---- growth ----

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
        full.ensure((to >>> 6) + 1);
        long address = lines.address(from);
        long target = lines.address(to);
        int kept = 0;
        int moved = 0;
        for (int way = 0; way < Bucket.WAYS; way++) {
            int tag = Bucket.tag(address, way);
            if (tag == 0) {
                continue;
            }
            int word = withBitAhead(from, Bucket.word(address, way));
            int ahead = Bucket.ahead(word);
            int left = Bucket.word(Bucket.slot(word), ahead >>> 1);
            // which it is cannot be foreseen: it is put down at both, and stays at one
            Bucket.set(target, moved, tag, left);
            Bucket.set(address, kept, tag, left);
            moved += ahead & 1;
            kept += ~ahead & 1;
        }
        Bucket.endAt(target, moved);
        Bucket.endAt(address, kept);
        setFull(from, kept == Bucket.WAYS);
        setFull(to, moved == Bucket.WAYS);
        buckets++;
        retrySpilled();
    }

    private void retrySpilled() {
        for (int i = spilled.count() - 1; i >= 0; i--) {
            int slot = spilled.slot(i);
            long hash = spilled.hash(i);
            if (putInto(firstBucket(hash), hash, slot) || putInto(secondBucket(hash), hash, slot)) {
                spilled.removeAt(i);
            }
        }
    }
}
