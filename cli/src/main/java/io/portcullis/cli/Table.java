package io.portcullis.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Rows under headings, each column as wide as its widest cell. */
final class Table {
    private static final String GAP = "  ";
    private static final String NOTHING = "-";

    private final List<List<String>> lines = new ArrayList<>();

    private Table(List<String> headings) {
        lines.add(headings);
    }

    /** What a column shows of a thing; null and the empty text become a hyphen. */
    record Column<T>(String heading, boolean wideOnly, Function<T, @Nullable Object> value) {
        static <T> Column<T> column(String heading, Function<T, @Nullable Object> value) {
            return new Column<>(heading, false, value);
        }

        /** Shown with {@code -o wide} only. */
        static <T> Column<T> wideColumn(String heading, Function<T, @Nullable Object> value) {
            return new Column<>(heading, true, value);
        }
    }

    static <T> Table of(List<T> things, boolean wide, List<Column<T>> columns) {
        List<Column<T>> shown =
                columns.stream().filter(column -> wide || !column.wideOnly()).toList();
        Table table = new Table(shown.stream().map(Column::heading).toList());
        for (T thing : things) {
            table.lines.add(shown.stream()
                    .map(column -> cell(column.value().apply(thing)))
                    .toList());
        }
        return table;
    }

    private static String cell(@Nullable Object value) {
        String text = switch (value) {
            case null -> "";
            case List<?> list ->
                String.join(",", list.stream().map(String::valueOf).toList());
            case Boolean yes -> yes ? "yes" : "no";
            default -> value.toString();
        };
        return text.isEmpty() ? NOTHING : text.replaceAll("\\p{Cntrl}", "?");
    }

    void print(PrintWriter out) {
        if (lines.size() == 1) {
            out.println("none");
            return;
        }
        int columns = lines.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> line : lines) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], line.get(column).length());
            }
        }
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                String cell = line.get(column);
                text.append(cell);
                if (column < columns - 1) {
                    text.append(" ".repeat(widths[column] - cell.length())).append(GAP);
                }
            }
            out.println(text);
        }
    }
}
