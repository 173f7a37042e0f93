package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a table costs, and that growing and shrinking loses nothing. */
class TableGrowthTest {
    private static final int MANY = 300_000;

    @Test
    void shouldCostLittleWhileEmpty() {
        try (ConnectionTable table = ConnectionTable.create(1_000_000)) {
            assertThat(table.memoryBytes()).isLessThan(1_024);
            table.add(key(1, false));
            assertThat(table.memoryBytes()).isLessThan(2_048);
        }
    }

    @Test
    void shouldCostAtMost96BytesAConnection() {
        try (ConnectionTable table = ConnectionTable.create(MANY)) {
            for (int i = 0; i < MANY; i++) {
                open(table, i, false);
            }
            table.trim();
            table.trim();
            assertThat(table.memoryBytes() / (double) MANY).isLessThan(96);
        }
    }

    @Test
    void shouldLoseNothingWhenItGivesMemoryBackAndGrowsAgain() {
        long seed = new Random().nextLong();
        System.out.println("TableGrowthTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (ConnectionTable table = new ConnectionTable(MANY, random.nextLong(), random.nextLong())) {
            int[] slots = new int[MANY];
            Arrays.fill(slots, ConnectionTable.NONE);
            for (int count = 0; count < MANY; ) {
                int end = Math.min(MANY, count + 1 + random.nextInt(MANY / 4));
                for (; count < end; count++) {
                    slots[count] = open(table, count, count % 3 == 0);
                }
                table.trim();
                long before = table.memoryBytes();
                table.trim();
                assertThat(table.memoryBytes()).as("seed %d", seed).isLessThanOrEqualTo(before);
                check(table, slots, seed);
            }
        }
    }

    @Test
    void shouldFindEveryConnectionOfALargeTableThatGrewShrankAndGrew() {
        long seed = new Random().nextLong();
        System.out.println("TableGrowthTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (ConnectionTable table = new ConnectionTable(MANY, random.nextLong(), random.nextLong())) {
            int[] slots = new int[MANY];
            Arrays.fill(slots, ConnectionTable.NONE);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < MANY; i++) {
                    if (slots[i] == ConnectionTable.NONE) {
                        slots[i] = open(table, i, i % 3 == 0);
                    }
                }
                check(table, slots, seed);
                for (int i = 0; i < MANY; i++) {
                    if (random.nextInt(4) > 0) {
                        table.remove(slots[i]);
                        slots[i] = ConnectionTable.NONE;
                    }
                }
                check(table, slots, seed);
            }
        }
    }

    /** A hash that leaves no choice: everything belongs to two buckets. */
    @Test
    void shouldStillFindWhatFitsNoBucket() {
        Map<Integer, Long> hashOfSlot = new HashMap<>();
        SlotIndex index = new SlotIndex(slot -> hashOfSlot.get(slot));
        for (int slot = 0; slot < 200; slot++) {
            // what lies between the buckets' bits and the tag's may differ
            long hash = 0x1234_0000_0000_0000L | (long) slot << 32;
            hashOfSlot.put(slot, hash);
            index.put(hash, slot);
        }
        assertThat(index.spilledCount()).isPositive();
        for (int slot = 0; slot < 200; slot++) {
            assertThat(isIn(index, hashOfSlot.get(slot), slot)).isTrue();
        }
        for (int slot = 0; slot < 200; slot += 2) {
            index.remove(hashOfSlot.get(slot), slot);
        }
        for (int slot = 0; slot < 200; slot++) {
            assertThat(isIn(index, hashOfSlot.get(slot), slot)).isEqualTo(slot % 2 == 1);
        }
        index.free();
    }

    @Test
    void shouldSpillNothingAtItsLoadWithARealHash() {
        SplittableRandom random = new SplittableRandom(7);
        long[] hashes = new long[200_000];
        SlotIndex index = new SlotIndex(slot -> hashes[slot]);
        int most = 0;
        for (int slot = 0; slot < hashes.length; slot++) {
            hashes[slot] = random.nextLong();
            index.put(hashes[slot], slot);
            most = Math.max(most, index.spilledCount());
        }
        assertThat(most).isLessThan(20);
        assertThat(index.bytes() / (double) hashes.length).isLessThan(9);
        index.free();
    }

    @Test
    void shouldNameEachRuleAndRevisionOnce() {
        Admissions admissions = new Admissions();
        SplittableRandom random = new SplittableRandom(3);
        Map<Integer, long[]> held = new HashMap<>();
        for (int step = 0; step < 20_000; step++) {
            int id = random.nextInt(300);
            long[] mine = held.remove(id);
            if (mine == null) {
                long rule = random.nextInt(10);
                long revision = random.nextInt(3);
                long firstRule = random.nextInt(2);
                long firstRevision = random.nextInt(2);
                int record = admissions.acquire(rule, revision, firstRule, firstRevision);
                held.put(id, new long[] {rule, revision, firstRule, firstRevision, record});
            } else {
                int record = (int) mine[4];
                assertThat(admissions.ruleId(record)).isEqualTo(mine[0]);
                assertThat(admissions.revision(record)).isEqualTo(mine[1]);
                assertThat(admissions.firstRuleId(record)).isEqualTo(mine[2]);
                assertThat(admissions.firstRevision(record)).isEqualTo(mine[3]);
                admissions.release(record);
            }
        }
        assertThat(admissions.limit()).isLessThanOrEqualTo(10 * 3 * 2 * 2 + 1);
        held.values().forEach(mine -> admissions.release((int) mine[4]));
        int limit = admissions.limit();
        for (int rule = 1; rule < limit; rule++) {
            admissions.acquire(100 + rule, 0, 100 + rule, 0);
        }
        assertThat(admissions.limit())
                .as("all that were released are used again")
                .isEqualTo(limit);
        admissions.free();
    }

    private static boolean isIn(SlotIndex index, long hash, int slot) {
        for (int bucket : new int[] {index.firstBucket(hash), index.secondBucket(hash)}) {
            long address = index.address(bucket);
            for (long m = Bucket.matches(address, Bucket.pattern(hash)); m != 0; m &= m - 1) {
                if (Bucket.slot(address, Bucket.way(m)) == slot) {
                    return true;
                }
            }
        }
        for (int i = 0; i < index.spilledCount(); i++) {
            if (index.spilled(i) == slot) {
                return true;
            }
        }
        return false;
    }

    private static int open(ConnectionTable table, int id, boolean isIpv6) {
        int slot = table.add(key(id, isIpv6));
        table.setState(slot, ConnectionState.OTHER_NEW);
        table.judged(slot, id % 1_000, 1);
        return slot;
    }

    private static void check(ConnectionTable table, int[] slots, long seed) {
        int alive = 0;
        for (int i = 0; i < slots.length; i++) {
            int expected = slots[i];
            int found = table.find(key(i, i % 3 == 0));
            if (found != expected || (found != ConnectionTable.NONE && table.ruleId(found) != i % 1_000)) {
                throw new AssertionError(
                        "seed " + seed + ": connection " + i + " is in " + expected + ", found " + found);
            }
            alive += expected == ConnectionTable.NONE ? 0 : 1;
        }
        assertThat(table.count()).as("seed %d", seed).isEqualTo(alive);
    }

    private static FlowKey key(int id, boolean isIpv6) {
        FlowKey key = new FlowKey();
        key.set(
                isIpv6
                        ? Packets.ip(Packets.End.of6(1, 0), Packets.End.of6(100 + id, 0), 47, 20)
                        : Packets.ip(Packets.End.of(1, 0), Packets.End.of(100 + id, 0), 47, 20));
        return key;
    }
}
