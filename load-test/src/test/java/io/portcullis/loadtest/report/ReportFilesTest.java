package io.portcullis.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.CopyRoundView;
import io.portcullis.loadtest.flow.StreamCounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

class ReportFilesTest {
    private static final StreamCounts.Quantiles QUANTILES = new StreamCounts.Quantiles(10, 1, 2, 3, 4, 5);

    private static MoveRecord move(int number) {
        return new MoveRecord(
                "web",
                number % 2 == 0 ? "host-1" : "host-2",
                number % 2 == 0 ? "host-2" : "host-1",
                "COMMITTED",
                null,
                100 + 200 * number,
                150,
                1_000 + 17 * number,
                900,
                2_000,
                3_000 + number,
                400,
                500,
                1_000,
                16_000,
                300,
                List.of(new CopyRoundView(1_000, 0, 15_700, 2_000_000, 9)),
                4,
                2,
                0,
                number,
                number + 1,
                List.of(new MoveRecord.Phase("RESERVING", 0), new MoveRecord.Phase("CUTTING_OVER", 40)),
                List.of());
    }

    private static RunReport report(long lost) {
        List<MoveRecord> moves = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            moves.add(move(i));
        }
        StreamCounts.Totals totals = new StreamCounts.Totals(
                "streams <&>",
                "moving",
                1_000,
                1_000 - lost,
                lost,
                0,
                0,
                0,
                0,
                0,
                0,
                10,
                0,
                0,
                0,
                0,
                0,
                QUANTILES,
                QUANTILES);
        Map<String, Double> figures = new LinkedHashMap<>(Figures.of(List.of(totals), moves));
        return new RunReport(
                "small",
                "a <script> & more",
                7,
                0.5,
                "1.0",
                new Machine("a processor", 2, 1_024, "Linux", "25"),
                "2026-01-01T00:00:00Z",
                9,
                List.of("2 hosts"),
                figures,
                List.of(
                        new Check("lost", "at most 0", Long.toString(lost), lost == 0, true),
                        new Check("pauseMicrosP99", "at most 1", "1662", false, false)),
                List.of(totals),
                new RunReport.HistoryRecord(true, 10, 10, 5, 0, 0, Map.of("order per flow", 0L), List.of()),
                List.of(new RunReport.StepRecord("migrate web", 0, 9_000)),
                moves,
                Map.of("no-firewall", List.of(new RunReport.ArmMove(1, 2, 3))),
                Map.of("moving", new int[900]),
                List.of(
                        new ResourceSample(100, "host-1", 17, 30 << 20, 200 << 20, 90, 40, 1 << 20),
                        new ResourceSample(8_000, "host-1", 17, 31 << 20, 210 << 20, 91, 40, 2 << 20)),
                List.of());
    }

    @Test
    void shouldWriteFilesThatNeedNothingElse(@TempDir Path folder) throws Exception {
        ReportFiles.write(folder, report(0), report(1));
        assertThat(folder.resolve("report.json")).exists();
        String page = Files.readString(folder.resolve("report.html"));
        assertThat(page)
                .contains("<svg", "p99", "Compared with", "streams &lt;&amp;&gt;", "a &lt;script&gt; &amp; more")
                .doesNotContain("<script", "<link", "src=", "href=", "url(", "@import", "NaN", "Infinity");
        RunReport read = ReportFiles.read(folder.resolve("report.json"));
        assertThat(ReportFiles.json(read)).isEqualTo(ReportFiles.json(report(0)));
    }

    @Test
    void shouldFailABuildOnlyForWhatIsRequired(@TempDir Path folder) throws Exception {
        ReportFiles.write(folder, report(0), null);
        Element good = junit(folder);
        assertThat(good.getAttribute("tests")).isEqualTo("1");
        assertThat(good.getAttribute("failures")).isEqualTo("0");

        ReportFiles.write(folder, report(3), null);
        Element bad = junit(folder);
        assertThat(bad.getAttribute("failures")).isEqualTo("1");
        assertThat(bad.getElementsByTagName("failure")
                        .item(0)
                        .getAttributes()
                        .getNamedItem("message")
                        .getNodeValue())
                .isEqualTo("3, wanted at most 0");
    }

    private static Element junit(Path folder) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(folder.resolve("junit.xml").toFile())
                .getDocumentElement();
    }

    @Test
    void shouldPutTwoRunsSideBySide() {
        assertThat(Comparison.rows(report(2), report(3)))
                .contains(List.of("lost", "2", "3", "+50.0 %"), List.of("duplicated", "0", "0", "–"));
    }
}
