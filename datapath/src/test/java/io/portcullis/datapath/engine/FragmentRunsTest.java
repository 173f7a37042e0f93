package io.portcullis.datapath.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.engine.FragmentRuns.Fit;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FragmentRunsTest {
    private static final int MOST = 64;

    private final FragmentRuns runs = new FragmentRuns(2);

    /** Against a set of bytes: what is new, known or both at once. */
    @Test
    void shouldTellNewKnownAndOverlappingParts() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 2_000; round++) {
            runs.clear(1);
            BitSet known = new BitSet();
            int steps = random.nextInt(40);
            for (int step = 0; step < steps; step++) {
                int start = random.nextInt(MOST);
                int end = start + 1 + random.nextInt(8);
                Fit expected = expected(known, start, end);
                assertThat(runs.add(1, start, end))
                        .as("seed %d round %d", seed, round)
                        .isEqualTo(expected);
                if (expected == Fit.ADDED) {
                    known.set(start, end);
                }
                assertThat(runs.end(1)).isEqualTo(known.length());
                assertThat(runs.isWhole(1, known.length()))
                        .isEqualTo(!known.isEmpty() && known.nextClearBit(0) == known.length());
            }
        }
    }

    /** A known part counts as duplicate only if one run holds all of it. */
    private static Fit expected(BitSet known, int start, int end) {
        BitSet part = known.get(start, end);
        if (!part.isEmpty()) {
            return part.cardinality() == end - start ? Fit.DUPLICATE : Fit.OVERLAP;
        }
        int gapsAfter = 0;
        BitSet after = (BitSet) known.clone();
        after.set(start, end);
        for (int at = after.nextSetBit(0); at >= 0; at = after.nextSetBit(after.nextClearBit(at))) {
            gapsAfter++;
        }
        return gapsAfter > FragmentRuns.MAX_RUNS ? Fit.TOO_MANY_GAPS : Fit.ADDED;
    }

    @Test
    void shouldBoundTheGapsOfADatagram() {
        for (int i = 0; i < FragmentRuns.MAX_RUNS; i++) {
            assertThat(runs.add(0, 16 * i, 16 * i + 8)).isEqualTo(Fit.ADDED);
        }
        assertThat(runs.add(0, 4_096, 4_104)).isEqualTo(Fit.TOO_MANY_GAPS);
        assertThat(runs.add(0, 8, 16)).as("closes a gap").isEqualTo(Fit.ADDED);
        assertThat(runs.add(0, 4_096, 4_104)).isEqualTo(Fit.ADDED);
    }
}
