package io.portcullis.api.document;

import com.fasterxml.jackson.core.JsonLocation;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where each value of a document stands in its text: some 16 bytes a value, as the places of a whole tenant are kept while only those of
 * mistakes are looked for. Values are numbered in the order of the text, each before those in it.
 */
final class Places {
    private static final Pattern STEP = Pattern.compile("\\[([0-9]+)]|[^.\\[]+");

    private final int linesBefore;
    private int[] lines = new int[8];
    private int[] columns = new int[8];
    /** Values in each, itself among them. */
    private int[] sizes = new int[8];
    /** Of fields; null for what is in a list. */
    private @Nullable String[] names = new String[8];

    private int count;

    /** @param linesBefore of the text before that in which values are found */
    Places(int linesBefore) {
        this.linesBefore = linesBefore;
    }

    /**
     * A value begins.
     *
     * @param name of the field that it is; null for an item of a list and for the document itself
     * @return its number, for {@link #end}
     */
    int begin(@Nullable String name, JsonLocation location) {
        if (count == lines.length) {
            int longer = count * 2;
            lines = Arrays.copyOf(lines, longer);
            columns = Arrays.copyOf(columns, longer);
            sizes = Arrays.copyOf(sizes, longer);
            names = Arrays.copyOf(names, longer);
        }
        lines[count] = linesBefore + location.getLineNr();
        columns[count] = location.getColumnNr();
        names[count] = name;
        return count++;
    }

    void end(int value) {
        sizes[value] = count - value;
    }

    /** Nothing comes any more. */
    void trim() {
        lines = Arrays.copyOf(lines, count);
        columns = Arrays.copyOf(columns, count);
        sizes = Arrays.copyOf(sizes, count);
        names = Arrays.copyOf(names, count);
    }

    int line(int value) {
        return lines[value];
    }

    int column(int value) {
        return columns[value];
    }

    /** The value at a path such as {@code spec.rules[0].name}, or as far as there is one. */
    int find(String path) {
        int value = 0;
        Matcher steps = STEP.matcher(path);
        while (steps.find()) {
            String place = steps.group(1);
            int next = place == null ? field(value, steps.group()) : item(value, Long.parseLong(place));
            if (next < 0) {
                break;
            }
            value = next;
        }
        return value;
    }

    private int field(int object, String name) {
        for (int inner = object + 1; inner < object + sizes[object]; inner += sizes[inner]) {
            if (name.equals(names[inner])) {
                return inner;
            }
        }
        return -1;
    }

    private int item(int list, long place) {
        long left = place;
        for (int inner = list + 1; inner < list + sizes[list]; inner += sizes[inner]) {
            if (names[inner] == null && left-- == 0) {
                return inner;
            }
        }
        return -1;
    }
}
