package io.portcullis.loadtest.report;

import java.util.List;

/** Tables in HTML; cells are HTML already. Stateless. */
final class Tables {
    private Tables() {}

    static String html(List<String> head, List<List<String>> rows) {
        StringBuilder text = new StringBuilder("<div class=\"scroll\"><table><thead><tr>");
        for (int i = 0; i < head.size(); i++) {
            boolean isOverNumbers = !rows.isEmpty() && isNumber(rows.getFirst().get(i));
            text.append(isOverNumbers ? "<th class=\"number\">" : "<th>")
                    .append(Plot.escape(head.get(i)))
                    .append("</th>");
        }
        text.append("</tr></thead><tbody>");
        for (List<String> row : rows) {
            text.append("<tr>");
            row.forEach(cell -> text.append(isNumber(cell) ? "<td class=\"number\">" : "<td>")
                    .append(cell)
                    .append("</td>"));
            text.append("</tr>");
        }
        return text.append("</tbody></table></div>").toString();
    }

    private static boolean isNumber(String cell) {
        return cell.replaceAll("<[^>]*>", "").matches("[-+]?[\\d,.]+( ?(µs|ms|s|B|%))?|–");
    }
}
