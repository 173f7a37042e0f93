package io.portcullis.loadtest.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Moves by whether another VM moved at the same time: what it costs a vNIC that others move, too, in its pause and in the time that it waits for its turn.
 *
 * @param alone those during which no other did
 * @param together all others
 */
record Crowd(List<MoveRecord> alone, List<MoveRecord> together) {
    static Crowd of(List<MoveRecord> moves) {
        List<MoveRecord> sorted = moves.stream()
                .sorted(Comparator.comparingDouble(MoveRecord::atMillis))
                .toList();
        List<MoveRecord> alone = new ArrayList<>();
        List<MoveRecord> together = new ArrayList<>();
        double busyUntil = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < sorted.size(); i++) {
            MoveRecord move = sorted.get(i);
            double ended = move.atMillis() + move.tookMillis();
            boolean isBeforeNext = i + 1 == sorted.size() || sorted.get(i + 1).atMillis() >= ended;
            (move.atMillis() >= busyUntil && isBeforeNext ? alone : together).add(move);
            busyUntil = Math.max(busyUntil, ended);
        }
        return new Crowd(
                alone.stream().filter(MoveRecord::committed).toList(),
                together.stream().filter(MoveRecord::committed).toList());
    }

    /** Whether there is anything to compare. */
    boolean isMixed() {
        return !alone.isEmpty() && !together.isEmpty();
    }

    /** Adds percentiles of both, where there are both. */
    void addTo(Map<String, Double> figures) {
        if (isMixed()) {
            add(figures, "alone", alone);
            add(figures, "together", together);
        }
    }

    private static void add(Map<String, Double> figures, String name, List<MoveRecord> moves) {
        Figures.percentiles(figures, name + "PauseMicros", moves, MoveRecord::pauseMicros);
        Figures.percentiles(figures, name + "MoveMillis", moves, MoveRecord::tookMillis);
    }

    /** A table of both, with how long the middle move was in each phase; empty if there is nothing to compare. */
    String html() {
        if (!isMixed()) {
            return "";
        }
        return Tables.html(
                List.of(
                        "",
                        "moves",
                        "pause p50",
                        "p99",
                        "move p50",
                        "p99",
                        "until prepared",
                        "until pre-copy",
                        "waits for its turn",
                        "p99",
                        "until the cut",
                        "until committed"),
                List.of(row("one at a time", alone), row("with others", together)));
    }

    private static List<String> row(String name, List<MoveRecord> moves) {
        return List.of(
                name,
                HtmlReport.exact(moves.size()),
                time(moves, 50, MoveRecord::pauseMicros),
                time(moves, 99, MoveRecord::pauseMicros),
                time(moves, 50, move -> 1e3 * move.tookMillis()),
                time(moves, 99, move -> 1e3 * move.tookMillis()),
                time(moves, 50, move -> until(move, "PREPARED")),
                time(moves, 50, move -> until(move, "PRECOPYING")),
                time(moves, 50, move -> 1e3 * move.turnMillis()),
                time(moves, 99, move -> 1e3 * move.turnMillis()),
                time(moves, 50, move -> until(move, "CUTTING_OVER")),
                time(moves, 50, move -> until(move, "COMMITTED")));
    }

    private static String time(List<MoveRecord> moves, double percentile, ToDoubleFunction<MoveRecord> micros) {
        return HtmlReport.time((double) Figures.histogram(moves, micros).getValueAtPercentile(percentile));
    }

    /** Microseconds from the first phase; 0 if it was not reached. */
    private static double until(MoveRecord move, String phase) {
        return move.phases().stream()
                .filter(each -> each.name().equals(phase))
                .mapToDouble(each -> 1e3 * each.millis())
                .findFirst()
                .orElse(0);
    }
}
