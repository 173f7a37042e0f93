package io.portcullis.datapath.classify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RuleIndexTest {
    private static final long SEED = Long.getLong("portcullis.seed", System.nanoTime());

    @Test
    void shouldAnswerAsALinearSearchDoes() {
        for (int round = 0; round < 60; round++) {
            RandomMatches random = new RandomMatches(SEED + round, 1 << round % 9);
            List<FlowMatch> rules = random.rules(round < 10 ? round : 40 * (round - 9));
            RuleIndex index = RuleIndex.of(shuffled(rules, SEED + round));
            assertSame(index, rules, random, 1_000);
        }
    }

    @Test
    @Tag("nightly")
    void shouldAnswerAsALinearSearchDoesAHundredMillionTimes() {
        System.out.println("RuleIndexTest seed " + SEED);
        for (int round = 0; round < 2_000; round++) {
            RandomMatches random = new RandomMatches(SEED + round, 1 << round % 9);
            List<FlowMatch> rules = random.rules(round % 150);
            assertSame(RuleIndex.of(shuffled(rules, SEED + round)), rules, random, 50_000);
        }
    }

    @Test
    void shouldAnswerAsALinearSearchAfterEveryUpdate() {
        for (int round = 0; round < 8; round++) {
            RandomMatches random = new RandomMatches(SEED + round, 1 << round);
            SplittableRandom dice = new SplittableRandom(SEED + round);
            List<FlowMatch> all = random.rules(600);
            List<FlowMatch> present = new ArrayList<>(all.subList(0, 200 * (round % 3)));
            List<FlowMatch> absent = new ArrayList<>(all.subList(present.size(), all.size()));
            RuleIndex index = RuleIndex.of(present);
            for (int i = 0; i < 1_500; i++) {
                boolean inserts = present.isEmpty() || (!absent.isEmpty() && dice.nextBoolean());
                List<FlowMatch> from = inserts ? absent : present;
                FlowMatch rule = from.remove(dice.nextInt(from.size()));
                (inserts ? present : absent).add(rule);
                if (inserts) {
                    index.insert(rule);
                } else {
                    index.delete(rule);
                }
                assertSame(index, present, random, 2);
            }
            assertSame(index, present, random, 500);
        }
    }

    @Test
    void shouldTakeAtMostSixtyBytesARule() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count : new int[] {8_193, 8_800, 9_100, 12_000, 16_384}) {
            List<FlowMatch> rules = IntStream.range(0, count)
                    .mapToObj(i -> FlowMatch.ofPrefixes(
                            i, random.nextInt(), 32, random.nextInt(), 32, 0, 65_535, 80, 80, 0, 0))
                    .toList();
            double bytes = (double) RuleIndex.of(rules).bytes() / count;
            assertThat(bytes).as("%d rules, seed %d", count, SEED).isLessThan(60);
        }
    }

    @Test
    void shouldAnswerAThreadThatLooksUpWhileAnotherUpdates() throws InterruptedException {
        RandomMatches random = new RandomMatches(SEED, 64);
        List<FlowMatch> all = random.rules(1_000);
        List<FlowMatch> fixed =
                all.stream().filter(rule -> rule.priority() % 2 == 0).toList();
        List<FlowMatch> moving =
                all.stream().filter(rule -> rule.priority() % 2 == 1).toList();
        RuleIndex index = RuleIndex.of(fixed);
        AtomicBoolean isDone = new AtomicBoolean();
        AtomicLong wrong = new AtomicLong();
        AtomicLong lookups = new AtomicLong();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!isDone.get()) {
                long addresses = random.addresses(all);
                long transport = random.transport(all);
                int without = RandomMatches.linear(fixed, addresses, transport);
                int found = index.find(addresses, transport);
                // what is found is there all the time, or one of those that come and go and comes before it
                boolean isRight =
                        found == without || (found < without && all.get(found).matches(addresses, transport));
                wrong.addAndGet(isRight ? 0 : 1);
                lookups.incrementAndGet();
            }
        });
        while (lookups.get() < 3_000) {
            moving.forEach(index::insert);
            moving.forEach(index::delete);
        }
        isDone.set(true);
        reader.join();
        assertThat(wrong).as("seed %d", SEED).hasValue(0);
        assertSame(index, fixed, random, 1_000);
    }

    /** Sets that no choice of masks tells apart. */
    private enum Hostile {
        EVERYTHING {
            @Override
            FlowMatch rule(int i) {
                return FlowMatch.ofPrefixes(i, 0, 0, 0, 0, 0, 65_535, 0, 65_535, 0, 0);
            }
        },
        PORT_RANGES {
            @Override
            FlowMatch rule(int i) {
                return FlowMatch.ofPrefixes(i, 0, 0, 0, 0, 0, 65_535 - i, i, 65_535, 0, 0);
            }
        },
        ONE_PAIR_OF_PREFIXES {
            @Override
            FlowMatch rule(int i) {
                return FlowMatch.ofPrefixes(i, 0x0a000000, 24, 0x0a010000, 24, i, 65_535, 0, 65_535, 0xff, 6);
            }
        },
        NESTED {
            @Override
            FlowMatch rule(int i) {
                return FlowMatch.ofPrefixes(
                        i, 0x0a0a0a0a, 32 - i % 33, 0x0b0b0b0b, 32 - i / 33 % 33, 0, 65_535, 0, 65_535, 0, 0);
            }
        };

        abstract FlowMatch rule(int i);
    }

    @ParameterizedTest
    @EnumSource
    void shouldAnswerForRulesThatNoTableTellsApart(Hostile kind) {
        RandomMatches random = new RandomMatches(SEED, 1);
        SplittableRandom dice = new SplittableRandom(SEED);
        List<FlowMatch> rules =
                new ArrayList<>(IntStream.range(0, 2_000).mapToObj(kind::rule).toList());
        RuleIndex index = RuleIndex.of(rules);
        assertThat(index.bytes() / rules.size()).isLessThanOrEqualTo(60);
        assertSame(index, rules, random, 500);
        for (int i = 0; i < 200; i++) {
            FlowMatch rule = rules.remove(dice.nextInt(rules.size()));
            index.delete(rule);
            assertSame(index, rules, random, 2);
            if (i % 2 == 0) {
                rules.add(
                        Collections.binarySearch(rules, rule, Comparator.comparing(FlowMatch::priority)) * -1 - 1,
                        rule);
                index.insert(rule);
            }
        }
        assertSame(index, rules, random, 500);
    }

    @Test
    void shouldPlanTheTablesOfACrowdAgainOnlyWhenTheyAreTooSmall() {
        List<FlowMatch> rules =
                IntStream.range(0, 32).mapToObj(Hostile.NESTED::rule).toList();
        long[] entries = new long[rules.size() * Entries.WORDS];
        rules.forEach(rule -> rule.copyTo(entries, rule.priority() * Entries.WORDS));
        long[] node = Node.of(entries, List.of(new Masks(Masks.prefixes(8, 8), 0)));
        long[] entry = rules.getFirst().entry();
        assertThat(Node.isOutgrown(Node.with(Node.without(node, entry), entry)))
                .as("one that comes and goes")
                .isFalse();
        long[] more = node;
        while (!Node.isOutgrown(more)) {
            more = Node.with(more, Hostile.NESTED.rule(Node.count(more)).entry());
        }
        assertThat(Node.count(more)).isBetween(2 * rules.size(), 4 * rules.size());
        assertThat(Node.isOutgrown(Node.of(Node.entries(more), List.of()))).isFalse();
    }

    @Test
    void shouldFindNothingInAnEmptyIndex() {
        RuleIndex index = RuleIndex.of(List.of());
        assertThat(index.find(0, 0)).isEqualTo(RuleIndex.NONE);
        FlowMatch any = FlowMatch.ofPrefixes(7, 0, 0, 0, 0, 0, 65_535, 0, 65_535, 0, 0);
        index.insert(any);
        assertThat(index.find(-1, FlowWords.transport(65_535, 65_535, 255))).isEqualTo(7);
        index.delete(any);
        index.delete(any);
        assertThat(index.find(-1, 0)).isEqualTo(RuleIndex.NONE);
    }

    private static void assertSame(RuleIndex index, List<FlowMatch> rules, RandomMatches random, int flows) {
        for (int i = 0; i < flows; i++) {
            long addresses = random.addresses(rules);
            long transport = random.transport(rules);
            int expected = RandomMatches.linear(rules, addresses, transport);
            int found = index.find(addresses, transport);
            if (found != expected) {
                throw new AssertionError("seed " + SEED + ", " + rules.size() + " rules, flow "
                        + Long.toHexString(addresses) + " " + Long.toHexString(transport) + ": " + found
                        + " instead of "
                        + expected);
            }
        }
    }

    private static List<FlowMatch> shuffled(List<FlowMatch> rules, long seed) {
        List<FlowMatch> shuffled = new ArrayList<>(rules);
        Collections.shuffle(shuffled, new java.util.Random(seed));
        return shuffled;
    }
}
