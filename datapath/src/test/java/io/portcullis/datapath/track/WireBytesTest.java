package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a connection takes on the wire, beside what it must take. */
class WireBytesTest {
    private static final long NOW = 1_000_000_000_000L;
    private static final int COUNT = 100_000;
    /** Headers, the first of each value, and odds that are still learning. */
    private static final double MAX_OVER_FLOOR = 1.05;

    @Test
    void shouldTakeLittleMoreThanARandomPopulationIsWorth() {
        long seed = new Random().nextLong();
        ConnectionPopulation population = new ConnectionPopulation(seed);
        try (ConnectionTable here = new ConnectionTable(COUNT, 1, 2);
                ConnectionTable there = new ConnectionTable(COUNT, 3, 4)) {
            population.fill(here, COUNT, here.clock().tick(NOW));
            TableSnapshot snapshot = TableCodec.export(here, NOW);
            double bytes = (double) snapshot.bytes() / COUNT;
            double floor = population.floorBytes(COUNT);
            print(seed, bytes, floor, population);
            assertThat(bytes).as("seed %d", seed).isBetween(floor, floor * MAX_OVER_FLOOR);
            assertThat(TableCodec.importInto(there, snapshot, NOW + 77_000_000L))
                    .isEqualTo(ImportResult.IMPORTED);
            assertThat(TableCodec.export(there, NOW + 77_000_000L).chunks())
                    .as("seed %d", seed)
                    .usingElementComparator(java.util.Arrays::compare)
                    .isEqualTo(snapshot.chunks());
        }
    }

    private static void print(long seed, double bytes, double floor, ConnectionPopulation population) {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT, "WireBytesTest seed %d: %.2f bytes a connection, floor %.2f =", seed, bytes, floor));
        for (ConnectionPopulation.Part part : ConnectionPopulation.Part.values()) {
            line.append(String.format(Locale.ROOT, " %s %.2f", part, population.bytes(part, COUNT)));
        }
        System.out.println(line);
    }
}
