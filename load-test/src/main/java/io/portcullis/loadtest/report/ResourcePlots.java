package io.portcullis.loadtest.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What the processes of hosts needed over a run, each as HTML; a line ends where a process does. */
final class ResourcePlots {
    private static final double MEBIBYTE = 1 << 20;
    private static final String[] STYLES = {"ours", "third", "arm1", "arm2", "arm3", "second"};

    private final RunReport report;

    ResourcePlots(RunReport report) {
        this.report = report;
    }

    boolean isEmpty() {
        return report.resources().isEmpty();
    }

    String heap() {
        return plot("MiB", "Reachable objects of each host", sample -> sample.heapBytes() / MEBIBYTE);
    }

    String resident() {
        return plot("MiB", "Memory of each host's process", sample -> sample.residentBytes() / MEBIBYTE);
    }

    String descriptors() {
        return plot("open", "Open files and sockets of each host", ResourceSample::descriptors);
    }

    String threads() {
        return plot("threads", "Threads of each host", ResourceSample::threads);
    }

    String disk() {
        return plot("MiB", "Database and checkpoints of all hosts", sample -> sample.diskBytes() / MEBIBYTE);
    }

    private String plot(String unit, String description, ToDoubleFunction<ResourceSample> figure) {
        double most = report.resources().stream().mapToDouble(figure).max().orElse(1);
        Plot plot = new Plot(Plot.below("s", 0, report.seconds()), Plot.beside(unit, Math.max(1, most)), description);
        Map<String, Plot.Entry> legend = new LinkedHashMap<>();
        lives().values().forEach(life -> {
            String host = life.getFirst().host();
            Plot.Entry entry =
                    legend.computeIfAbsent(host, name -> new Plot.Entry(STYLES[legend.size() % STYLES.length], name));
            plot.curve(
                    entry.style(),
                    life.stream()
                            .map(sample -> new double[] {sample.atMillis() / 1e3, figure.applyAsDouble(sample)})
                            .toList());
        });
        return plot.html(legend.values().toArray(Plot.Entry[]::new));
    }

    private Map<Long, List<ResourceSample>> lives() {
        Map<Long, List<ResourceSample>> lives = new LinkedHashMap<>();
        report.resources()
                .forEach(sample -> lives.computeIfAbsent(sample.pid(), _ -> new ArrayList<>())
                        .add(sample));
        return lives;
    }
}
