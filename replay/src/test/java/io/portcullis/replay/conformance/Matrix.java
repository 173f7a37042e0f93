package io.portcullis.replay.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/** Who reaches whom: rows are senders, columns receivers. Immutable. */
final class Matrix {
    private final Map<String, Map<String, Cell>> rows;

    private Matrix(Map<String, Map<String, Cell>> rows) {
        this.rows = rows;
    }

    /** The first line names the columns, each other one begins with the row's name. */
    static Matrix parse(String text) {
        Map<String, Map<String, Cell>> rows = new LinkedHashMap<>();
        List<String> lines = text == null ? List.of() : text.strip().lines().toList();
        List<String> columns = lines.isEmpty() ? List.of() : words(lines.getFirst());
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            List<String> words = words(line);
            if (words.size() != columns.size() + 1) {
                throw new IllegalArgumentException("'" + line + "' has not as many cells as there are columns");
            }
            Map<String, Cell> row = new LinkedHashMap<>();
            for (int column = 0; column < columns.size(); column++) {
                row.put(columns.get(column), Cell.of(words.get(column + 1)));
            }
            rows.put(words.getFirst(), row);
        }
        return new Matrix(rows);
    }

    private static List<String> words(String line) {
        return List.of(line.strip().split("\\s+"));
    }

    /** All pairs of these, too, with that cell where there is none yet; nobody talks to itself. */
    Matrix withRest(Set<String> names, Cell rest) {
        Map<String, Map<String, Cell>> all = new LinkedHashMap<>();
        rows.forEach((from, row) -> all.put(from, new LinkedHashMap<>(row)));
        for (String from : names) {
            Map<String, Cell> row = all.computeIfAbsent(from, _ -> new LinkedHashMap<>());
            for (String to : names) {
                row.putIfAbsent(to, from.equals(to) ? Cell.NONE : rest);
            }
        }
        return new Matrix(all);
    }

    /** What {@code probe} says of each pair that is asked about. */
    Matrix map(BiFunction<String, String, Cell> probe) {
        Map<String, Map<String, Cell>> found = new LinkedHashMap<>();
        rows.forEach((from, row) -> {
            Map<String, Cell> cells = new LinkedHashMap<>();
            row.forEach((to, cell) -> cells.put(to, cell == Cell.NONE ? Cell.NONE : probe.apply(from, to)));
            found.put(from, cells);
        });
        return new Matrix(found);
    }

    @Override
    public String toString() {
        Set<String> columns = new LinkedHashSet<>();
        rows.values().forEach(row -> columns.addAll(row.keySet()));
        List<String> lines = new ArrayList<>();
        lines.add(" ".repeat(16) + String.join(" ", columns));
        rows.forEach((from, row) -> {
            StringBuilder line = new StringBuilder("%-15s".formatted(from));
            for (String column : columns) {
                Cell cell = row.getOrDefault(column, Cell.NONE);
                line.append(' ').append(("%-" + column.length() + "s").formatted(cell));
            }
            lines.add(line.toString().stripTrailing());
        });
        return String.join("\n", lines);
    }
}
