package io.portcullis.loadtest.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.portcullis.api.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The files of a report, and what is printed of it. */
public final class ReportFiles {
    private ReportFiles() {}

    /**
     * Writes {@code report.json}, {@code report.html} and {@code junit.xml} into the folder, which is made if it is not there.
     *
     * @param other a run that the page compares with; null for none
     */
    public static void write(Path folder, RunReport report, @Nullable RunReport other) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("report.json"), json(report), StandardCharsets.UTF_8);
        Files.writeString(folder.resolve("report.html"), HtmlReport.of(report, other), StandardCharsets.UTF_8);
        Files.writeString(folder.resolve("junit.xml"), JunitReport.of(report), StandardCharsets.UTF_8);
    }

    /** The figures of two runs side by side, for a terminal. */
    public static String comparison(RunReport before, RunReport after) {
        return Comparison.text(before, after);
    }

    /** All of it. */
    public static String json(RunReport report) {
        try {
            return Json.mapper().writeValueAsString(report);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A report that was written as JSON. */
    public static RunReport read(Path file) throws IOException {
        return Json.mapper().readValue(Files.readAllBytes(file), RunReport.class);
    }

    /** The checks and what they rest on, for a terminal. */
    public static String table(RunReport report) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%s, seed %d: %.0f moves in %.1f s, %,.0f frames sent%n",
                report.scenario(),
                report.seed(),
                report.figures().getOrDefault("moves", 0.0),
                report.seconds(),
                report.figures().getOrDefault("sent", 0.0)));
        if (report.figures().containsKey("pauseMicrosP50")) {
            text.append(String.format(
                    Locale.ROOT,
                    "pause         p50 %,.0f us, p99 %,.0f us, longest %,.0f us%n",
                    report.figures().get("pauseMicrosP50"),
                    report.figures().get("pauseMicrosP99"),
                    report.figures().get("pauseMicrosMax")));
            text.append(String.format(
                    Locale.ROOT,
                    "longest delay p50 %,.0f us, p99 %,.0f us%n",
                    report.figures().get("delayMicrosP50"),
                    report.figures().get("delayMicrosP99")));
        }
        for (Check check : report.checks()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-7s %s: %s, wanted %s%n",
                    check.kept() ? "ok" : check.required() ? "FAILED" : "missed",
                    check.name(),
                    check.got(),
                    check.wanted()));
        }
        report.history()
                .examples()
                .forEach(example -> text.append("        ").append(example).append('\n'));
        report.failures()
                .forEach(failure -> text.append("        ").append(failure).append('\n'));
        return text.toString().stripTrailing();
    }
}
