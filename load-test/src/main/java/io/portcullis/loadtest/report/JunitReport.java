package io.portcullis.loadtest.report;

import java.util.Locale;

/** The required checks of a run as test cases, as build servers read them. Stateless. */
final class JunitReport {
    private JunitReport() {}

    static String of(RunReport report) {
        var required = report.checks().stream().filter(Check::required).toList();
        long failures = required.stream().filter(check -> !check.kept()).count();
        String suite = "load-test." + Plot.escape(report.scenario());
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append(String.format(
                Locale.ROOT,
                "<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\" time=\"%.3f\""
                        + " timestamp=\"%s\">%n",
                suite,
                required.size(),
                failures,
                report.seconds(),
                Plot.escape(report.started())));
        xml.append("  <properties>\n");
        property(xml, "seed", Long.toString(report.seed()));
        property(xml, "version", report.version());
        property(xml, "machine", report.machine().text());
        report.figures().forEach((name, value) -> property(xml, name, HtmlReport.exact(value)));
        xml.append("  </properties>\n");
        for (Check check : required) {
            xml.append("  <testcase classname=\"")
                    .append(suite)
                    .append("\" name=\"")
                    .append(Plot.escape(check.name()));
            if (check.kept()) {
                xml.append("\"/>\n");
            } else {
                xml.append("\">\n    <failure message=\"")
                        .append(Plot.escape(check.got() + ", wanted " + check.wanted()))
                        .append("\">")
                        .append(Plot.escape(String.join("\n", report.history().examples())))
                        .append("</failure>\n  </testcase>\n");
            }
        }
        return xml.append("</testsuite>\n").toString();
    }

    private static void property(StringBuilder xml, String name, String value) {
        xml.append("    <property name=\"")
                .append(Plot.escape(name))
                .append("\" value=\"")
                .append(Plot.escape(value))
                .append("\"/>\n");
    }
}
