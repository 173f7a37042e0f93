package io.portcullis.loadtest.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * How much more the processes of hosts need towards the end of their lives: the median of the last third of a life less that of its second third, since in the first one caches
 * fill and code is compiled. What is the same after more of the same work is no leak; a steady leak shows, whatever the figure was before.
 *
 * <p>The disk is that of the cluster, which outlives its processes: there it is the whole run that has thirds.
 */
public final class Growth {
    /** A life that was looked at less often says nothing. */
    static final int LEAST_SAMPLES = 9;

    /**
     * Of a disk that had less than this, what it has more counts as so much of this: the file of the database goes to and fro below it, as nobody makes it shorter there
     * ({@code H2Housekeeping.LEAST_BYTES}).
     */
    static final long LEAST_DISK_BYTES = 16L << 20;

    private static final double PERCENT = 100;

    private Growth() {}

    /** Adds the largest growth of any process, and that of the disk; nothing where no process was looked at often enough. */
    public static void addTo(Map<String, Double> figures, List<ResourceSample> samples) {
        List<List<ResourceSample>> lives = samples.stream()
                .collect(Collectors.groupingBy(ResourceSample::pid, TreeMap::new, Collectors.toList()))
                .values()
                .stream()
                .filter(life -> life.size() >= LEAST_SAMPLES)
                .toList();
        if (lives.isEmpty()) {
            return;
        }
        figures.put("heapGrowthPercent", most(lives, life -> percent(life, ResourceSample::heapBytes)));
        figures.put("residentGrowthPercent", most(lives, life -> percent(life, ResourceSample::residentBytes)));
        figures.put("diskGrowthPercent", diskPercent(samples));
        figures.put("descriptorGrowth", most(lives, life -> difference(life, ResourceSample::descriptors)));
        figures.put("threadGrowth", most(lives, life -> difference(life, ResourceSample::threads)));
    }

    private static double most(List<List<ResourceSample>> lives, ToDoubleFunction<List<ResourceSample>> growth) {
        return lives.stream().mapToDouble(growth).max().orElseThrow();
    }

    private static double percent(List<ResourceSample> life, ToDoubleFunction<ResourceSample> figure) {
        double before = median(life, figure, 1);
        return before == 0 ? 0 : PERCENT * (median(life, figure, 2) - before) / before;
    }

    private static double diskPercent(List<ResourceSample> samples) {
        List<ResourceSample> run = samples.stream()
                .sorted(Comparator.comparingDouble(ResourceSample::atMillis))
                .toList();
        double before = median(run, ResourceSample::diskBytes, 1);
        return PERCENT * (median(run, ResourceSample::diskBytes, 2) - before) / Math.max(before, LEAST_DISK_BYTES);
    }

    private static double difference(List<ResourceSample> life, ToDoubleFunction<ResourceSample> figure) {
        return median(life, figure, 2) - median(life, figure, 1);
    }

    /** Of one third, the first of which is 0. */
    private static double median(List<ResourceSample> life, ToDoubleFunction<ResourceSample> figure, int third) {
        double[] all = life.stream().mapToDouble(figure).toArray();
        double[] part = Arrays.copyOfRange(all, all.length * third / 3, all.length * (third + 1) / 3);
        Arrays.sort(part);
        return part[part.length / 2];
    }
}
