package io.portcullis.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.portcullis.api.Json;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Prints results in the chosen format. */
final class Output {
    private final PrintWriter out;
    private final OutputFormat format;

    Output(PrintWriter out, OutputFormat format) {
        this.out = out;
        this.format = format;
    }

    boolean wide() {
        return format == OutputFormat.WIDE;
    }

    /** One thing: as a table that {@code table} fills, or as it is. */
    void one(Object thing, Table table) {
        switch (format) {
            case TABLE, WIDE -> table.print(out);
            case JSON -> out.println(json(thing));
            case YAML -> out.print(yaml(thing));
        }
    }

    /** Many things: a JSON array, or one YAML document each. */
    void many(List<?> things, Table table) {
        switch (format) {
            case TABLE, WIDE -> table.print(out);
            case JSON -> out.println(json(things));
            case YAML ->
                things.forEach(thing -> {
                    out.println("---");
                    out.print(yaml(thing));
                });
        }
    }

    /** A result that people get as a sentence. */
    void done(Object thing, String sentence) {
        switch (format) {
            case TABLE, WIDE -> out.println(sentence);
            case JSON -> out.println(json(thing));
            case YAML -> out.print(yaml(thing));
        }
    }

    /** A result that people get as a text of several lines. */
    void raw(Object thing, String text) {
        switch (format) {
            case TABLE, WIDE -> out.print(text);
            case JSON -> out.println(json(thing));
            case YAML -> out.print(yaml(thing));
        }
    }

    /** A result without a document of its own. */
    void done(String sentence) {
        done(Map.of("result", sentence), sentence);
    }

    void text(Consumer<PrintWriter> print) {
        if (format == OutputFormat.TABLE || format == OutputFormat.WIDE) {
            print.accept(out);
        }
    }

    private static String json(Object thing) {
        try {
            return Json.mapper().writeValueAsString(thing);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static String yaml(Object thing) {
        try {
            return Json.yaml().writeValueAsString(thing);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
