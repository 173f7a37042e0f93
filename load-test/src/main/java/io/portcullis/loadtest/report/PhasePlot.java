package io.portcullis.loadtest.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** When the phases of moves began, one bar for each move, longest moves first. */
final class PhasePlot {
    private static final int MOST_MOVES = 16;
    private static final int ROW = 15;
    private static final int LEFT = 120;
    private static final String[] STYLES = {
        "phase0", "phase1", "phase2", "phase3", "phase4", "phase5", "phase6", "phase7"
    };

    private PhasePlot() {}

    static String html(List<MoveRecord> all) {
        List<MoveRecord> moves = chosen(all);
        if (moves.isEmpty()) {
            return "";
        }
        Map<String, String> styles = new LinkedHashMap<>();
        for (MoveRecord move : moves) {
            for (MoveRecord.Phase phase : move.phases()) {
                styles.putIfAbsent(phase.name(), STYLES[styles.size() % STYLES.length]);
            }
        }
        double most = moves.stream()
                .mapToDouble(move ->
                        Math.max(move.tookMillis(), move.phases().getLast().millis()))
                .max()
                .orElse(1);
        int height = moves.size() * ROW + 34;
        Axis axis = Axis.linear("ms", 0, most, LEFT, Plot.RIGHT);
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Phases of moves\">",
                Plot.WIDTH,
                height));
        for (double tick : axis.ticks()) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line class=\"grid\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%d\"/><text class=\"tick middle\""
                            + " x=\"%.1f\" y=\"%d\">%s</text>",
                    axis.at(tick),
                    axis.at(tick),
                    height - 30,
                    axis.at(tick),
                    height - 16,
                    Axis.text(tick)));
        }
        for (int row = 0; row < moves.size(); row++) {
            row(svg, moves.get(row), row, axis, styles);
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"label middle\" x=\"%.1f\" y=\"%d\">ms since the first phase</text></svg><p"
                        + " class=\"legend\">",
                (LEFT + Plot.RIGHT) / 2.0,
                height - 2));
        styles.forEach((phase, style) -> svg.append("<span><i class=\"")
                .append(style)
                .append("\"></i>")
                .append(words(phase))
                .append("</span>"));
        return svg.append("</p>").toString();
    }

    /** Longest, middle and shortest: one in so many. */
    private static List<MoveRecord> chosen(List<MoveRecord> all) {
        List<MoveRecord> sorted = all.stream()
                .filter(move -> move.committed() && move.phases().size() > 1)
                .sorted(Comparator.comparingDouble(MoveRecord::tookMillis).reversed())
                .toList();
        List<MoveRecord> chosen = new ArrayList<>();
        int count = Math.min(MOST_MOVES, sorted.size());
        for (int i = 0; i < count; i++) {
            chosen.add(sorted.get(count == 1 ? 0 : i * (sorted.size() - 1) / (count - 1)));
        }
        return chosen;
    }

    private static void row(StringBuilder svg, MoveRecord move, int row, Axis axis, Map<String, String> styles) {
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"tick end\" x=\"%d\" y=\"%d\">%s at %.1f s</text>",
                LEFT - 6,
                row * ROW + 11,
                Plot.escape(move.vm()),
                move.atMillis() / 1e3));
        for (int i = 0; i < move.phases().size(); i++) {
            MoveRecord.Phase phase = move.phases().get(i);
            double end = i + 1 < move.phases().size()
                    ? move.phases().get(i + 1).millis()
                    : Math.max(phase.millis(), move.tookMillis());
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s: %.0f to %.0f"
                            + " ms</title></rect>",
                    styles.get(phase.name()),
                    axis.at(phase.millis()),
                    row * ROW + 2,
                    Math.max(0.5, axis.at(end) - axis.at(phase.millis())),
                    ROW - 4,
                    words(phase.name()),
                    phase.millis(),
                    end));
        }
    }

    private static String words(String phase) {
        return phase.toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
