package io.portcullis.loadtest.report;

import io.portcullis.api.CopyRoundView;
import io.portcullis.loadtest.flow.StreamCounts;
import io.portcullis.loadtest.scenario.Arm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/** What is said of a run in single numbers. */
public final class Figures {
    private static final List<String> OURS = List.of("moving", "twin");

    private Figures() {}

    /** Sums over the VMs that our firewall is in front of, and percentiles over the moves that committed. */
    public static Map<String, Double> of(List<StreamCounts.Totals> traffic, List<MoveRecord> moves) {
        Map<String, Double> figures = new LinkedHashMap<>();
        List<StreamCounts.Totals> ours =
                traffic.stream().filter(totals -> OURS.contains(totals.role())).toList();
        sum(figures, "sent", ours, StreamCounts.Totals::sent);
        sum(figures, "received", ours, StreamCounts.Totals::received);
        sum(figures, "lost", ours, StreamCounts.Totals::lost);
        sum(figures, "cut", ours, StreamCounts.Totals::cut);
        sum(figures, "duplicated", ours, StreamCounts.Totals::duplicated);
        sum(figures, "reordered", ours, StreamCounts.Totals::reordered);
        sum(figures, "corrupted", ours, totals -> totals.corrupted() + totals.stray());
        sum(figures, "forbidden", ours, StreamCounts.Totals::forbidden);
        sum(figures, "resets", ours, StreamCounts.Totals::resets);
        sum(figures, "unfinished", ours, StreamCounts.Totals::unfinished);
        List<MoveRecord> committed =
                moves.stream().filter(MoveRecord::committed).toList();
        figures.put("moves", (double) committed.size());
        figures.put("failedMoves", (double) (moves.size() - committed.size()));
        if (committed.isEmpty()) {
            return figures;
        }
        percentiles(figures, "pauseMicros", committed, MoveRecord::pauseMicros);
        percentiles(figures, "gapMicros", committed, MoveRecord::gapMicros);
        percentiles(figures, "delayMicros", committed, MoveRecord::delayMicros);
        if (committed.stream().anyMatch(move -> move.twinDelayMicros() > 0)) {
            percentiles(figures, "twinGapMicros", committed, MoveRecord::twinGapMicros);
            percentiles(figures, "twinDelayMicros", committed, MoveRecord::twinDelayMicros);
        }
        percentiles(figures, "moveMillis", committed, MoveRecord::tookMillis);
        if (committed.stream().anyMatch(move -> move.turnMillis() > 0)) {
            percentiles(figures, "turnMillis", committed, MoveRecord::turnMillis);
        }
        Crowd.of(moves).addTo(figures);
        figures.put("entries", median(committed, MoveRecord::entries));
        figures.put(
                "rounds",
                median(
                        committed.stream()
                                .filter(move -> !move.rounds().isEmpty())
                                .toList(),
                        move -> move.rounds().size()));
        figures.put("restBytes", median(committed, MoveRecord::restBytes));
        figures.put(
                "bytesPerConnection",
                median(
                        committed.stream()
                                .filter(move -> !move.rounds().isEmpty()
                                        && move.rounds().getFirst().entries() > 0)
                                .toList(),
                        Figures::bytesPerConnection));
        figures.put("framesHeld", median(committed, MoveRecord::framesHeld));
        figures.put("framesDropped", (double)
                committed.stream().mapToLong(MoveRecord::framesDropped).sum());
        return figures;
    }

    /**
     * Adds what our moves cost over those of the same traffic without a firewall: the gap at the receiver less that of the paired move, and 0 where that
     * is the longer one.
     */
    public static void addArms(
            Map<String, Double> figures, List<MoveRecord> moves, Map<String, List<RunReport.ArmMove>> arms) {
        List<RunReport.ArmMove> plain = arms.getOrDefault(Arm.NO_FIREWALL.label(), List.of());
        if (moves.isEmpty() || plain.isEmpty()) {
            return;
        }
        String first = moves.getFirst().vm();
        List<MoveRecord> ours =
                moves.stream().filter(move -> move.vm().equals(first)).toList();
        List<Double> added = new ArrayList<>();
        List<Double> delays = new ArrayList<>();
        for (int i = 0; i < Math.min(ours.size(), plain.size()); i++) {
            if (ours.get(i).committed()) {
                added.add(ours.get(i).gapMicros() - plain.get(i).gapMicros());
                delays.add(ours.get(i).delayMicros() - plain.get(i).delayMicros());
            }
        }
        percentiles(figures, "addedPauseMicros", added, value -> value);
        percentiles(figures, "addedDelayMicros", delays, value -> value);
    }

    private static void sum(
            Map<String, Double> figures,
            String name,
            List<StreamCounts.Totals> traffic,
            ToLongFunction<StreamCounts.Totals> count) {
        figures.put(name, (double) traffic.stream().mapToLong(count).sum());
    }

    /** Of the first round. */
    static double bytesPerConnection(MoveRecord move) {
        CopyRoundView first = move.rounds().getFirst();
        return (double) first.bytes() / Math.max(1, first.entries());
    }

    /** Adds NAMEP50, P90, P99, P999 and Max. */
    static <T> void percentiles(Map<String, Double> figures, String name, List<T> of, ToDoubleFunction<T> value) {
        Histogram histogram = histogram(of, value);
        figures.put(name + "P50", (double) histogram.getValueAtPercentile(50));
        figures.put(name + "P90", (double) histogram.getValueAtPercentile(90));
        figures.put(name + "P99", (double) histogram.getValueAtPercentile(99));
        figures.put(name + "P999", (double) histogram.getValueAtPercentile(99.9));
        figures.put(name + "Max", (double) histogram.getMaxValue());
    }

    static <T> Histogram histogram(List<T> of, ToDoubleFunction<T> value) {
        Histogram histogram = new Histogram(3);
        of.forEach(each -> histogram.recordValue(Math.max(0, Math.round(value.applyAsDouble(each)))));
        return histogram;
    }

    private static double median(List<MoveRecord> moves, ToDoubleFunction<MoveRecord> value) {
        double[] sorted = moves.stream().mapToDouble(value).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }
}
