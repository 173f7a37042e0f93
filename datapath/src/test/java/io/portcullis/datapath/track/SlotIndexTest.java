package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.memory.NativeMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The index against a map of the JDK, while it grows, fills, empties and spills. */
class SlotIndexTest {
    private static final int LOOKUPS = 400_000;
    private static final int NIGHTLY_LOOKUPS = 100_000_000;
    private static final int MOST_SLOTS = 50_000;

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @Test
    void shouldFindWhatAMapFinds() {
        System.out.println("SlotIndexTest seed " + seed);
        for (int slots : new int[] {1, 11, 500, MOST_SLOTS}) {
            compare(slots, LOOKUPS / 4, -1);
        }
    }

    /** Keys of a few hashes only: more than two buckets can hold. */
    @Test
    void shouldFindWhatAMapFindsAmongCollisions() {
        System.out.println("SlotIndexTest seed " + seed);
        compare(60, 20_000, 0x3);
        compare(400, 20_000, 0xf);
    }

    @Test
    void shouldHaveMostWhereASearchLooksFirst() {
        System.out.println("SlotIndexTest seed " + seed);
        int slots = 300_000;
        long[] hashes = random.longs(slots).toArray();
        SlotIndex index = new SlotIndex(slot -> hashes[slot]);
        for (int slot = 0; slot < slots; slot++) {
            index.put(hashes[slot], slot);
        }
        int inFirst = 0;
        for (int slot = 0; slot < slots; slot++) {
            assertThat(isFound(index, hashes[slot], slot)).isTrue();
            inFirst += isIn(index.address(index.firstBucket(hashes[slot])), hashes[slot], slot) ? 1 : 0;
        }
        index.free();
        assertThat(inFirst).isGreaterThan(slots * 2 / 3);
    }

    @Test
    @Tag("nightly")
    void shouldFindWhatAMapFindsAHundredMillionTimes() {
        System.out.println("SlotIndexTest seed " + seed);
        for (int round = 0; round < 100; round++) {
            compare(1 + random.nextInt(MOST_SLOTS), NIGHTLY_LOOKUPS / 100, -1);
        }
    }

    /** @param hashMask few bits make collisions */
    private void compare(int slots, int lookups, long hashMask) {
        long[] hashes = new long[slots];
        Map<Integer, Long> reference = new HashMap<>();
        SlotIndex index = new SlotIndex(slot -> hashes[slot]);
        try {
            // fills, then empties, then fills again
            for (int i = 0; i < lookups; i++) {
                int slot = random.nextInt(slots);
                boolean isFilling = i / (lookups / 4 + 1) % 2 == 0;
                boolean isIn = reference.containsKey(slot);
                if (!isIn && (isFilling || random.nextInt(8) == 0)) {
                    hashes[slot] = random.nextLong() & hashMask;
                    index.put(hashes[slot], slot);
                    reference.put(slot, hashes[slot]);
                } else if (isIn && (!isFilling || random.nextInt(8) == 0)) {
                    index.remove(hashes[slot], slot);
                    reference.remove(slot);
                }
                int asked = random.nextInt(slots);
                boolean isFound = isFound(index, hashes[asked], asked);
                if (isFound != reference.containsKey(asked)) {
                    throw new AssertionError("seed " + seed + ", step " + i + " of " + slots + " slots: " + isFound);
                }
            }
            for (int slot = 0; slot < slots; slot++) {
                assertThat(isFound(index, hashes[slot], slot))
                        .as("seed %d", seed)
                        .isEqualTo(reference.containsKey(slot));
            }
        } finally {
            index.free();
        }
    }

    private static boolean isFound(SlotIndex index, long hash, int slot) {
        return isIn(index.address(index.firstBucket(hash)), hash, slot)
                || isIn(index.address(index.secondBucket(hash)), hash, slot)
                || isSpilled(index, hash, slot);
    }

    private static boolean isIn(long bucket, long hash, int slot) {
        for (long matches = Bucket.matches(bucket, Bucket.pattern(hash)); matches != 0; matches &= matches - 1) {
            int way = Bucket.way(matches);
            // a match may be a false one, and then of a place that is free; what is there is the caller's to compare
            boolean isFree = NativeMemory.getShort(bucket + (long) Short.BYTES * way) == 0;
            if (!isFree && Bucket.slot(bucket, way) == slot) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSpilled(SlotIndex index, long hash, int slot) {
        for (int at = index.nextSpilled(0, hash); at != SlotIndex.NONE; at = index.nextSpilled(at + 1, hash)) {
            if (index.spilled(at) == slot) {
                return true;
            }
        }
        return false;
    }
}
