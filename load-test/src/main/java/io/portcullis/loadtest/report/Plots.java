package io.portcullis.loadtest.report;

import io.portcullis.loadtest.flow.Throughput;
import io.portcullis.loadtest.report.RunReport.ArmMove;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** The plots of a report, each as HTML; empty where the run has nothing to show. */
final class Plots {
    private static final double BIN_MILLIS = Throughput.BIN_NANOS / 1e6;
    private static final int BARS_PER_DECADE = 12;
    private static final int BINS_BEFORE = 30;
    private static final int BINS_AFTER = 70;
    private static final int MOST_POINTS = 1_200;
    private static final int MOST_MARKS = 60;
    private static final double[] PERCENTILES = {
        0, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.25, 99.5, 99.75, 99.9, 99.95, 99.99
    };

    private final RunReport report;
    private final List<MoveRecord> moves;

    Plots(RunReport report) {
        this.report = report;
        this.moves = report.moves().stream().filter(MoveRecord::committed).toList();
    }

    /** How many moves had which pause. */
    String pauses() {
        if (moves.isEmpty()) {
            return "";
        }
        TreeMap<Integer, Integer> counts = new TreeMap<>();
        for (MoveRecord move : moves) {
            counts.merge(
                    (int) Math.floor(Math.log10(Math.max(1, move.pauseMicros())) * BARS_PER_DECADE), 1, Integer::sum);
        }
        double least = edge(counts.firstKey());
        double most = edge(counts.lastKey() + 1);
        int highest = counts.values().stream().max(Integer::compare).orElse(1);
        Plot plot = new Plot(
                Plot.belowLog("pause, µs", least, most),
                Plot.beside("moves", highest),
                "How many moves had which pause");
        counts.forEach((bar, count) -> plot.bar(
                "ours",
                edge(bar),
                edge(bar + 1),
                count,
                count + " moves of " + Axis.text(edge(bar)) + " to " + Axis.text(edge(bar + 1)) + " µs"));
        plot.mark("strong", figure("pauseMicrosP50"), "p50");
        plot.mark("strong", figure("pauseMicrosP99"), "p99");
        return plot.html();
    }

    private static double edge(int bar) {
        return Math.pow(10, (double) bar / BARS_PER_DECADE);
    }

    private double figure(String name) {
        return report.figures().getOrDefault(name, 0.0);
    }

    /** Percentiles of pause and of the longest delay, beside those of the controls. */
    String percentiles() {
        if (moves.isEmpty()) {
            return "";
        }
        Map<Plot.Entry, Histogram> curves = new LinkedHashMap<>();
        curves.put(new Plot.Entry("ours", "pause of the receipt"), histogram(MoveRecord::pauseMicros));
        curves.put(new Plot.Entry("second", "longest delay of a frame"), histogram(MoveRecord::delayMicros));
        if (report.figures().containsKey("twinDelayMicrosP50")) {
            curves.put(
                    new Plot.Entry("third", "the same at the twin, which stays"),
                    histogram(MoveRecord::twinDelayMicros));
        }
        String[] styles = {"arm1", "arm2", "arm3"};
        int style = 0;
        for (Map.Entry<String, List<ArmMove>> arm : report.arms().entrySet()) {
            curves.put(
                    new Plot.Entry(styles[style++ % styles.length], "delay, " + arm.getKey()),
                    Figures.histogram(arm.getValue(), ArmMove::delayMicros));
        }
        double most = curves.values().stream()
                .mapToDouble(Histogram::getMaxValue)
                .max()
                .orElse(1);
        double least = curves.values().stream()
                .mapToDouble(Histogram::getMinValue)
                .min()
                .orElse(1);
        double nines = Math.max(1, Math.ceil(Math.log10(moves.size())));
        Plot plot = new Plot(
                new Axis("of all moves", 1, Math.pow(10, nines), Axis.Scale.NINES, Plot.LEFT, Plot.RIGHT),
                Plot.besideLog("µs", Math.max(1, least), most),
                "Percentiles over all moves");
        curves.forEach((entry, histogram) -> {
            List<double[]> points = new ArrayList<>();
            for (double percentile : PERCENTILES) {
                if (1 / (1 - percentile / 100) <= Math.pow(10, nines) * 1.001) {
                    points.add(new double[] {
                        1 / (1 - percentile / 100), Math.max(1, histogram.getValueAtPercentile(percentile))
                    });
                }
            }
            plot.curve(entry.style(), points);
        });
        return plot.html(curves.keySet().toArray(Plot.Entry[]::new));
    }

    private Histogram histogram(ToDoubleFunction<MoveRecord> value) {
        return Figures.histogram(moves, value);
    }

    /** How many moves had how many rounds. */
    String rounds() {
        TreeMap<Integer, Integer> counts = new TreeMap<>();
        moves.stream()
                .filter(move -> !move.rounds().isEmpty())
                .forEach(move -> counts.merge(move.rounds().size(), 1, Integer::sum));
        if (counts.isEmpty()) {
            return "";
        }
        int highest = counts.values().stream().max(Integer::compare).orElse(1);
        Plot plot = new Plot(
                new Axis(
                        "rounds before the cut", -0.5, counts.lastKey() + 0.5, Axis.Scale.WHOLE, Plot.LEFT, Plot.RIGHT),
                Plot.beside("moves", highest),
                "How many moves had how many rounds");
        counts.forEach((rounds, count) ->
                plot.bar("ours", rounds - 0.4, rounds + 0.4, count, count + " moves of " + rounds + " rounds"));
        long unsaid = moves.stream().filter(move -> move.rounds().isEmpty()).count();
        return unsaid == 0
                ? plot.html()
                : plot.html(new Plot.Entry("third", unsaid + " more moves, of which the receipt does not say it"));
    }

    /** Bytes of each connection in the first round, and bytes in the pause, move by move. */
    String bytes() {
        List<MoveRecord> withRounds = moves.stream()
                .filter(move ->
                        !move.rounds().isEmpty() && move.rounds().getFirst().entries() > 0)
                .toList();
        if (withRounds.isEmpty()) {
            return "";
        }
        double most = withRounds.stream()
                .mapToDouble(Figures::bytesPerConnection)
                .max()
                .orElse(1);
        Plot plot = new Plot(
                Plot.below("s", 0, report.seconds()),
                Plot.beside("bytes a connection", most),
                "Bytes a connection in the first round of each move");
        for (MoveRecord move : thinned(withRounds)) {
            double bytes = Figures.bytesPerConnection(move);
            plot.dot(
                    "ours",
                    move.atMillis() / 1e3,
                    bytes,
                    Axis.text(bytes) + " bytes, " + move.rounds().getFirst().entries() + " connections");
        }
        return plot.html();
    }

    /** Pause and longest delay, move by move. */
    String moves() {
        if (moves.isEmpty()) {
            return "";
        }
        double most = Math.max(figure("pauseMicrosMax"), figure("delayMicrosMax"));
        double least = moves.stream().mapToDouble(MoveRecord::pauseMicros).min().orElse(1);
        Plot plot = new Plot(
                Plot.below("s", 0, report.seconds()),
                Plot.besideLog("µs", Math.max(1, least), most),
                "Pause and longest delay of each move");
        for (MoveRecord move : thinned(moves)) {
            plot.dot("second", move.atMillis() / 1e3, Math.max(1, move.delayMicros()), hint(move));
            plot.dot("ours", move.atMillis() / 1e3, Math.max(1, move.pauseMicros()), hint(move));
        }
        return plot.html(new Plot.Entry("ours", "pause"), new Plot.Entry("second", "longest delay of a frame"));
    }

    private static String hint(MoveRecord move) {
        return move.vm() + " to " + move.to() + ": pause " + Axis.text(move.pauseMicros()) + " µs, longest delay "
                + Axis.text(move.delayMicros()) + " µs";
    }

    private static List<MoveRecord> thinned(List<MoveRecord> all) {
        int step = Math.max(1, all.size() / MOST_POINTS);
        List<MoveRecord> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i += step) {
            some.add(all.get(i));
        }
        return some;
    }

    /** Frames that came, around the request of each move: the middle and the lowest of all moves. */
    String around() {
        int[] bins = report.throughput().get("moving");
        if (bins == null || moves.isEmpty()) {
            return "";
        }
        List<double[]> middle = new ArrayList<>();
        List<double[]> low = new ArrayList<>();
        for (int offset = -BINS_BEFORE; offset <= BINS_AFTER; offset++) {
            List<Integer> values = new ArrayList<>();
            for (MoveRecord move : moves) {
                int bin = (int) (move.atMillis() / BIN_MILLIS) + offset;
                if (bin >= 0 && bin < bins.length) {
                    values.add(bins[bin]);
                }
            }
            if (!values.isEmpty()) {
                int[] sorted =
                        values.stream().mapToInt(Integer::intValue).sorted().toArray();
                middle.add(new double[] {offset * BIN_MILLIS, rate(sorted[sorted.length / 2])});
                low.add(new double[] {offset * BIN_MILLIS, rate(sorted[sorted.length / 20])});
            }
        }
        double most = middle.stream().mapToDouble(point -> point[1]).max().orElse(1);
        return new Plot(
                        Plot.below(
                                "ms since the move was asked for", -BINS_BEFORE * BIN_MILLIS, BINS_AFTER * BIN_MILLIS),
                        Plot.beside("frames/s", most * 1.2),
                        "Throughput around each move")
                .curve("third", low)
                .curve("ours", middle)
                .mark("strong", 0, "asked")
                .html(
                        new Plot.Entry("ours", "middle of all moves"),
                        new Plot.Entry("third", "lowest twentieth of all moves"));
    }

    private static double rate(double frames) {
        return frames * 1e3 / BIN_MILLIS;
    }

    /** Frames that came over the whole run, by role, with what happened. */
    String run() {
        if (report.throughput().isEmpty()) {
            return "";
        }
        double most = 1;
        Map<Plot.Entry, List<double[]>> curves = new LinkedHashMap<>();
        String[] styles = {"ours", "third", "arm1", "arm2", "arm3"};
        int style = 0;
        for (Map.Entry<String, int[]> each : report.throughput().entrySet()) {
            int[] bins = each.getValue();
            int step = Math.max(10, bins.length / 280);
            List<double[]> points = new ArrayList<>();
            for (int from = 0; from + step <= bins.length; from += step) {
                double rate = rate(Arrays.stream(bins, from, from + step).sum()) / step;
                points.add(new double[] {from * BIN_MILLIS / 1e3, rate});
                most = Math.max(most, rate);
            }
            curves.put(new Plot.Entry(styles[style++ % styles.length], each.getKey()), points);
        }
        Plot plot = new Plot(
                Plot.below("s", 0, report.seconds()), Plot.beside("frames/s", most), "Throughput over the run");
        report.steps().stream().limit(MOST_MARKS).forEach(step -> plot.mark("", step.beganMillis() / 1e3, ""));
        curves.forEach((entry, points) -> plot.curve(entry.style(), points));
        return plot.html(curves.keySet().toArray(Plot.Entry[]::new));
    }
}
