package io.portcullis.loadtest.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The figures of two runs side by side. Stateless. */
final class Comparison {
    private Comparison() {}

    static String html(RunReport before, RunReport after) {
        return note(before, after) + Tables.html(List.of("figure", "before", "now", "change"), rows(before, after));
    }

    private static String note(RunReport before, RunReport after) {
        List<String> differences = new ArrayList<>();
        if (!before.scenario().equals(after.scenario()) || before.scale() != after.scale()) {
            differences.add("scenarios of different names or sizes");
        }
        if (!before.machine().equals(after.machine())) {
            differences.add("different machines: before " + before.machine().text());
        }
        return differences.isEmpty()
                ? ""
                : "<p class=\"warn\">These runs are of " + Plot.escape(String.join(", ", differences)) + ".</p>";
    }

    /** Name, before, now, change in percent. */
    static List<List<String>> rows(RunReport before, RunReport after) {
        Set<String> names = new LinkedHashSet<>(before.figures().keySet());
        names.addAll(after.figures().keySet());
        List<List<String>> rows = new ArrayList<>();
        for (String name : names) {
            Double was = before.figure(name);
            Double is = after.figure(name);
            rows.add(List.of(
                    Plot.escape(name),
                    was == null ? "–" : HtmlReport.exact(was),
                    is == null ? "–" : HtmlReport.exact(is),
                    was == null || is == null || was == 0
                            ? "–"
                            : String.format(Locale.ROOT, "%+.1f %%", 100 * (is - was) / was)));
        }
        return rows;
    }

    /** The same for a terminal. */
    static String text(RunReport before, RunReport after) {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows(before, after)) {
            text.append(String.format(
                    Locale.ROOT, "%-22s %16s %16s %10s%n", row.get(0), row.get(1), row.get(2), row.get(3)));
        }
        return text.toString();
    }
}
