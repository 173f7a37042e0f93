package io.portcullis.datapath.classify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlannerTest {
    private static final long SEED = Long.getLong("portcullis.seed", System.nanoTime());
    private static final int CROWD = 4;

    @Test
    void shouldChooseTheMasksThatTellMostEntriesApart() {
        for (int round = 0; round < 40; round++) {
            long[] entries = entries(new RandomMatches(SEED + round, 1 << round % 9).rules(20 + 10 * round));
            int[] members = IntStream.range(0, entries.length / Entries.WORDS)
                    .map(i -> i * Entries.WORDS)
                    .toArray();
            List<Masks> plan = new Planner(entries, CROWD, 1, 8).plan(members);
            assertThat(plan).as("seed %d", SEED + round).isEqualTo(plainlyBest(entries, members));
        }
    }

    private static long[] entries(List<FlowMatch> rules) {
        long[] entries = new long[rules.size() * Entries.WORDS];
        for (int i = 0; i < rules.size(); i++) {
            rules.get(i).copyTo(entries, i * Entries.WORDS);
        }
        return entries;
    }

    /** The first of all masks that none exceeds, each tried with every entry. */
    private static List<Masks> plainlyBest(long[] entries, int[] members) {
        Masks best = null;
        long bestScore = 0;
        for (int source : lengths(members, at -> Entries.sourceBits(entries, at))) {
            for (int destination : lengths(members, at -> Entries.destinationBits(entries, at))) {
                for (int fields = 0; fields < Masks.TRANSPORTS; fields++) {
                    Masks masks = new Masks(Masks.prefixes(source, destination), Masks.transport(fields));
                    boolean tellsApart = source + destination + fields > 0;
                    long score = tellsApart ? score(masks, entries, members) : 0;
                    if (score > bestScore) {
                        best = masks;
                        bestScore = score;
                    }
                }
            }
        }
        return best == null ? List.of() : List.of(best);
    }

    /** Those that occur: {@link RandomMatches} has so few of them that the planner tries all. */
    private static int[] lengths(int[] members, IntUnaryOperator length) {
        return IntStream.concat(IntStream.of(0), IntStream.of(members).map(length))
                .sorted()
                .distinct()
                .toArray();
    }

    private static long score(Masks masks, long[] entries, int[] members) {
        int buckets = Integer.highestOneBit(members.length) * 16;
        Map<Long, Integer> counts = new HashMap<>();
        long score = 0;
        for (int at : members) {
            if (masks.accept(entries, at)) {
                long bucket = masks.hashOf(entries, at) >>> Long.SIZE - Integer.numberOfTrailingZeros(buckets);
                int neighbours = counts.merge(bucket, 1, Integer::sum) - 1;
                score += neighbours < CROWD ? 64 - neighbours : -8;
            }
        }
        return score;
    }
}
