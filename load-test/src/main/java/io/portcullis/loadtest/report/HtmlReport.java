package io.portcullis.loadtest.report;

import io.portcullis.loadtest.flow.StreamCounts;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A report as one page that needs nothing else: style and plots are in it. */
final class HtmlReport {
    private static final int MOST_MOVES = 25;

    private final RunReport report;
    private final @Nullable RunReport other;
    private final StringBuilder page = new StringBuilder();

    private HtmlReport(RunReport report, @Nullable RunReport other) {
        this.report = report;
        this.other = other;
    }

    /**
     * The page.
     *
     * @param other a run to be shown beside it; null for none
     */
    static String of(RunReport report, @Nullable RunReport other) {
        return new HtmlReport(report, other).build();
    }

    private String build() {
        Plots plots = new Plots(report);
        page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(Plot.escape(report.scenario()))
                .append(" – Portcullis load test</title><meta name=\"viewport\" content=\"width=device-width\"><style>")
                .append(resource("report.css"))
                .append("</style></head><body>");
        header();
        cards();
        if (other != null) {
            section("Compared with " + other.scenario() + " of " + other.started());
            page.append(Comparison.html(other, report));
        }
        section("What was expected");
        checks();
        section("Pause");
        figures(
                figure("How many moves had which pause", plots.pauses()),
                figure("Percentiles over all moves", plots.percentiles()),
                figure("Move by move", plots.moves()),
                figure(
                        "Phases: the longest moves at the top, the shortest at the bottom",
                        PhasePlot.html(report.moves())));
        crowd();
        arms();
        section("Traffic");
        figures(
                figure("Frames that came, over the run; lines are steps of the timeline", plots.run()),
                figure("Frames that came, around each move", plots.around()));
        traffic();
        section("State");
        figures(figure("Rounds", plots.rounds()), figure("Bytes a connection in the first round", plots.bytes()));
        section("History");
        history();
        resources();
        section("Scenario");
        list(report.plan());
        section("Moves, those with the longest pause first");
        moves();
        return page.append("</body></html>\n").toString();
    }

    private void resources() {
        ResourcePlots plots = new ResourcePlots(report);
        if (plots.isEmpty()) {
            return;
        }
        section("What the hosts needed");
        figures(
                figure("Reachable objects, after a full collection", plots.heap()),
                figure("Memory of the process", plots.resident()),
                figure("Open files and sockets", plots.descriptors()),
                figure("Threads", plots.threads()),
                figure("Database and checkpoints of all hosts", plots.disk()));
    }

    private void header() {
        page.append("<header><h1>")
                .append(Plot.escape(report.scenario()))
                .append(report.isKept() ? " <b class=\"ok\">kept</b>" : " <b class=\"bad\">broken</b>")
                .append("</h1><p>")
                .append(Plot.escape(report.description()))
                .append("</p><p class=\"small\">")
                .append(Plot.escape("Portcullis " + report.version() + " · "
                        + report.machine().text() + " · seed "
                        + report.seed() + (report.scale() == 1 ? "" : " · scale " + report.scale()) + " · "
                        + report.started()))
                .append("</p></header>");
    }

    private void cards() {
        page.append("<div class=\"cards\">");
        card("moves", number("moves"), number("failedMoves") + " failed");
        card("pause, median", micros("pauseMicrosP50"), "p99 " + micros("pauseMicrosP99"));
        card(
                "longest delay of a frame, median",
                micros("delayMicrosP50"),
                report.figures().containsKey("twinDelayMicrosP50")
                        ? "at the twin that stays " + micros("twinDelayMicrosP50")
                        : "p99 " + micros("delayMicrosP99"));
        card(
                "frames lost",
                number("lost"),
                "of " + number("sent") + "; " + cut() + number("duplicated") + " double, " + number("reordered")
                        + " reordered");
        card("bytes a connection", number("bytesPerConnection"), number("entries") + " connections moved (median)");
        card("sent in the pause", number("restBytes") + " B", number("rounds") + " rounds before it (medians)");
        page.append("</div>");
    }

    /** What revocations cut, where there are any. */
    private String cut() {
        Double cut = report.figure("cut");
        return cut == null || cut == 0 ? "" : exact(cut) + " cut by revocations, ";
    }

    private void card(String name, String value, String more) {
        page.append("<div><span>")
                .append(Plot.escape(name))
                .append("</span><strong>")
                .append(Plot.escape(value))
                .append("</strong><span>")
                .append(Plot.escape(more))
                .append("</span></div>");
    }

    private String number(String figure) {
        Double value = report.figure(figure);
        return value == null ? "–" : exact(value);
    }

    private static String exact(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    static String exact(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%,.2f", value);
    }

    private String micros(String figure) {
        Double value = report.figure(figure);
        return value == null ? "–" : time(value);
    }

    /** Microseconds in a unit that suits them. */
    static String time(double micros) {
        if (micros >= 1e6) {
            return String.format(Locale.ROOT, "%.2f s", micros / 1e6);
        }
        return micros >= 1e3
                ? String.format(Locale.ROOT, "%.1f ms", micros / 1e3)
                : String.format(Locale.ROOT, "%.0f µs", micros);
    }

    private void section(String title) {
        page.append("<h2>").append(Plot.escape(title)).append("</h2>");
    }

    private static String figure(String caption, String plot) {
        return plot.isEmpty()
                ? ""
                : "<figure><figcaption>" + Plot.escape(caption) + "</figcaption>" + plot + "</figure>";
    }

    private void figures(String... figures) {
        page.append("<div class=\"figures\">").append(String.join("", figures)).append("</div>");
    }

    private void checks() {
        List<List<String>> rows = new ArrayList<>();
        for (Check check : report.checks()) {
            String state = check.kept() ? "ok" : check.required() ? "broken" : "missed";
            rows.add(List.of(
                    "<b class=\"" + (check.kept() ? "ok" : check.required() ? "bad" : "warn") + "\">" + state + "</b>",
                    Plot.escape(check.name()),
                    Plot.escape(check.got()),
                    Plot.escape(check.wanted()),
                    check.required() ? "required" : "goal"));
        }
        table(List.of("", "what", "got", "wanted", ""), rows);
    }

    private void crowd() {
        String table = Crowd.of(report.moves()).html();
        if (!table.isEmpty()) {
            section("One at a time and with others (phases: medians since the request)");
            page.append(table);
        }
    }

    private void arms() {
        if (report.arms().isEmpty()) {
            return;
        }
        section("Controls in the same run");
        List<List<String>> rows = new ArrayList<>();
        rows.add(armRow(
                "ours",
                report.figures().getOrDefault("gapMicrosP50", 0.0),
                report.figures().getOrDefault("gapMicrosP99", 0.0),
                report.figures().getOrDefault("delayMicrosP50", 0.0),
                report.figures().getOrDefault("delayMicrosP99", 0.0),
                "moving"));
        report.arms().forEach((arm, its) -> {
            var gaps = Figures.histogram(its, RunReport.ArmMove::gapMicros);
            var delays = Figures.histogram(its, RunReport.ArmMove::delayMicros);
            rows.add(armRow(
                    arm,
                    (double) gaps.getValueAtPercentile(50),
                    (double) gaps.getValueAtPercentile(99),
                    (double) delays.getValueAtPercentile(50),
                    (double) delays.getValueAtPercentile(99),
                    arm));
        });
        table(
                List.of("", "gap p50", "gap p99", "delay p50", "delay p99", "sent", "lost", "resets", "unfinished"),
                rows);
        Double added = report.figure("addedPauseMicrosP50");
        if (added != null) {
            page.append("<p>Added pause, which is the gap at the receiver less that of the paired move without a"
                            + " firewall: median ")
                    .append(time(added))
                    .append(", p99 ")
                    .append(micros("addedPauseMicrosP99"))
                    .append(".</p>");
        }
    }

    private List<String> armRow(String name, double gap50, double gap99, double delay50, double delay99, String role) {
        List<StreamCounts.Totals> its = report.traffic().stream()
                .filter(totals -> totals.role().equals(role))
                .toList();
        return List.of(
                Plot.escape(name),
                time(gap50),
                time(gap99),
                time(delay50),
                time(delay99),
                exact(its.stream().mapToLong(StreamCounts.Totals::sent).sum()),
                exact(its.stream().mapToLong(StreamCounts.Totals::lost).sum()),
                exact(its.stream().mapToLong(StreamCounts.Totals::resets).sum()),
                exact(its.stream().mapToLong(StreamCounts.Totals::unfinished).sum()));
    }

    private void traffic() {
        List<List<String>> rows = new ArrayList<>();
        for (StreamCounts.Totals totals : report.traffic()) {
            rows.add(List.of(
                    Plot.escape(totals.stream()),
                    Plot.escape(totals.role()),
                    exact(totals.sent()),
                    loud(totals.lost()),
                    exact(totals.cut()),
                    loud(totals.duplicated()),
                    loud(totals.reordered()),
                    loud(totals.corrupted() + totals.stray()),
                    loud(totals.resets()),
                    exact(totals.opened()),
                    exact(totals.completed()),
                    delay(totals, totals.delayMicros().p50()),
                    delay(totals, totals.delayMicros().p99()),
                    delay(totals, totals.delayMicros().max())));
        }
        table(
                List.of(
                        "stream",
                        "VMs",
                        "sent",
                        "lost",
                        "cut",
                        "double",
                        "reordered",
                        "corrupt",
                        "resets",
                        "opened",
                        "closed",
                        "delay p50",
                        "p99",
                        "longest"),
                rows);
    }

    /** Nothing where no frame carried a time. */
    private static String delay(StreamCounts.Totals totals, double micros) {
        return totals.delayMicros().count() == 0 ? "–" : time(micros);
    }

    private static String loud(long count) {
        return count == 0 ? "0" : "<b class=\"bad\">" + exact(count) + "</b>";
    }

    private void history() {
        RunReport.HistoryRecord history = report.history();
        page.append("<p>")
                .append(exact(history.sent()))
                .append(" frames were sent, ")
                .append(exact(history.decided()))
                .append(" were seen to pass a host; ")
                .append(exact(history.compared()))
                .append(" verdicts were compared with those of a firewall that never moved, ")
                .append(exact(history.afterBan()))
                .append(" frames were sent while a revocation was in force.");
        if (history.missed() > 0) {
            page.append(" <b class=\"warn\">")
                    .append(exact(history.missed()))
                    .append(" frames at the end were not recorded: there were too many.</b>");
        }
        page.append("</p>");
        List<List<String>> rows = new ArrayList<>();
        for (Map.Entry<String, Long> rule : history.byRule().entrySet()) {
            rows.add(List.of(Plot.escape(rule.getKey()), loud(rule.getValue())));
        }
        table(List.of("rule", "violations"), rows);
        list(history.examples());
        list(report.failures());
    }

    private void moves() {
        List<List<String>> rows = new ArrayList<>();
        report.moves().stream()
                .sorted(Comparator.comparing(MoveRecord::committed)
                        .thenComparing(Comparator.comparingDouble(MoveRecord::pauseMicros)
                                .reversed()))
                .limit(MOST_MOVES)
                .forEach(move -> rows.add(List.of(
                        String.format(Locale.ROOT, "%.2f s", move.atMillis() / 1e3),
                        Plot.escape(move.vm()),
                        Plot.escape(move.from() + " → " + move.to()),
                        move.committed()
                                ? "committed"
                                : "<b class=\"bad\">" + Plot.escape(move.outcome() + ": " + move.reason()) + "</b>",
                        time(move.pauseMicros()),
                        time(move.delayMicros()),
                        time(move.tookMillis() * 1e3),
                        exact(move.entries()),
                        exact(move.rounds().size()),
                        exact(move.restBytes()),
                        exact(move.framesHeld()),
                        exact(move.framesDropped()))));
        table(
                List.of(
                        "at",
                        "VM",
                        "from, to",
                        "outcome",
                        "pause",
                        "longest delay",
                        "took",
                        "connections",
                        "rounds",
                        "bytes in pause",
                        "held",
                        "dropped"),
                rows);
    }

    private void list(List<String> lines) {
        if (!lines.isEmpty()) {
            page.append("<ul>");
            lines.forEach(line -> page.append("<li>").append(Plot.escape(line)).append("</li>"));
            page.append("</ul>");
        }
    }

    private void table(List<String> head, List<List<String>> rows) {
        page.append(Tables.html(head, rows));
    }

    private static String resource(String name) {
        try (InputStream resource = HtmlReport.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException("no " + name);
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
