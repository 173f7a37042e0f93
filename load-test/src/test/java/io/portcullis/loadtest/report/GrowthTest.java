package io.portcullis.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class GrowthTest {
    private static final long MEBIBYTE = 1 << 20;

    private static List<ResourceSample> life(long pid, int looks, IntUnaryOperator mebibytes, int descriptors) {
        List<ResourceSample> samples = new ArrayList<>();
        for (int i = 0; i < looks; i++) {
            long bytes = mebibytes.applyAsInt(i) * MEBIBYTE;
            samples.add(new ResourceSample(i * 1e3, "host-" + pid, pid, bytes, bytes, descriptors + i, 40, bytes));
        }
        return samples;
    }

    private static Map<String, Double> figures(List<ResourceSample> samples) {
        Map<String, Double> figures = new HashMap<>();
        Growth.addTo(figures, samples);
        return figures;
    }

    @Test
    void shouldSeeWhatGrowsAllTheTime() {
        assertThat(figures(life(1, 30, i -> 100 + i, 20)))
                .containsEntry("heapGrowthPercent", 100 * 10.0 / 115)
                .containsEntry("diskGrowthPercent", 100 * 10.0 / 115)
                .containsEntry("descriptorGrowth", 10.0)
                .containsEntry("threadGrowth", 0.0);
    }

    @Test
    void shouldNotTakeWhatFillsAtTheBeginAndGoesToAndFroForALeak() {
        assertThat(figures(life(1, 30, i -> i < 10 ? 20 + i : 60 + i % 3, 20))).containsEntry("heapGrowthPercent", 0.0);
    }

    @Test
    void shouldSayTheWorstOfAllLives() {
        List<ResourceSample> samples = new ArrayList<>(life(1, 30, _ -> 50, 20));
        samples.addAll(life(2, 9, i -> 100 + i, 20));
        assertThat(figures(samples)).containsEntry("heapGrowthPercent", 100 * 3.0 / 104);
    }

    /** A minute between two looks at a disk of so many bytes, by processes that live for ten of them. */
    private static List<ResourceSample> disk(int looks, IntToLongFunction bytes) {
        List<ResourceSample> samples = new ArrayList<>();
        for (int i = 0; i < looks; i++) {
            samples.add(new ResourceSample(i * 60e3, "host-1", i / 10, 1, 1, 20, 40, bytes.applyAsLong(i)));
        }
        return samples;
    }

    @Test
    void shouldNotTakeAFileThatGoesToAndFroForALeakThoughAProcessEndsWithItsLargest() {
        // as H2 leaves it: between 5 and 12 MB, and the largest when nobody writes any more
        assertThat(figures(disk(90, i -> i < 85 ? 5_000_000 + i * 37 % 11 * 400_000L : 12_000_000)))
                .hasEntrySatisfying(
                        "diskGrowthPercent", percent -> assertThat(percent).isBetween(-5.0, 5.0));
    }

    @Test
    void shouldSeeALeakOfTheDiskBelowWhatTheDatabaseLeavesAnyway() {
        // 100 kB a minute besides
        assertThat(figures(disk(90, i -> 5_000_000 + i * 37 % 11 * 400_000L + i * 100_000L)))
                .hasEntrySatisfying(
                        "diskGrowthPercent", percent -> assertThat(percent).isGreaterThan(10));
    }

    @Test
    void shouldSayNothingOfLivesThatWereHardlyLookedAt() {
        assertThat(figures(life(1, 8, i -> 100 + i, 20))).isEmpty();
        assertThat(figures(List.of())).isEmpty();
    }
}
