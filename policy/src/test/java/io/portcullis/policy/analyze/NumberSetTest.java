package io.portcullis.policy.analyze;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NumberSetTest {
    private static final int NUMBERS = 40;

    @Test
    void shouldDoAsBitsDo() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("NumberSetTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            BitSet one = bits(random);
            BitSet other = bits(random);
            NumberSet a = set(one);
            NumberSet b = set(other);
            BitSet both = (BitSet) one.clone();
            both.and(other);
            BitSet rest = (BitSet) one.clone();
            rest.andNot(other);

            assertThat(a.and(b)).as("seed %d", seed).isEqualTo(set(both)).hasSameHashCodeAs(set(both));
            assertThat(a.minus(b)).as("seed %d", seed).isEqualTo(set(rest));
            assertThat(a.intersects(b)).as("seed %d", seed).isEqualTo(one.intersects(other));
            assertThat(b.containsAll(a)).as("seed %d", seed).isEqualTo(rest.isEmpty());
            assertThat(a.count()).as("seed %d", seed).isEqualTo(one.cardinality());
            int number = random.nextInt(NUMBERS);
            assertThat(a.contains(number)).as("seed %d", seed).isEqualTo(one.get(number));
        }
    }

    private static BitSet bits(Random random) {
        BitSet bits = new BitSet();
        int runs = random.nextInt(5);
        for (int i = 0; i < runs; i++) {
            int first = random.nextInt(NUMBERS);
            bits.set(first, first + 1 + random.nextInt(NUMBERS - first));
        }
        return bits;
    }

    private static NumberSet set(BitSet bits) {
        return NumberSet.of(bits.stream().asLongStream());
    }
}
