package io.portcullis.admin.document;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.document.Nearest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Mistakes found while a document is turned into the model. One document, one thread. */
final class Mistakes {
    private static final int MAX_KEPT = 100;
    private static final int MAX_MESSAGE_CHARS = 400;
    private static final int MAX_REPEATED_CHARS = 80;

    private final List<FieldProblem> found = new ArrayList<>();

    void add(String path, String message, @Nullable String hint) {
        if (found.size() < MAX_KEPT) {
            found.add(new FieldProblem(path, shortened(message), hint));
        }
    }

    /** Whatever a message repeats, an answer is not as long as what was sent. */
    private static String shortened(String message) {
        return message.length() <= MAX_MESSAGE_CHARS ? message : message.substring(0, MAX_MESSAGE_CHARS) + "…";
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    List<FieldProblem> found() {
        return List.copyOf(found);
    }

    /** What {@code parse} makes of the text; its {@link IllegalArgumentException} becomes a mistake and {@code otherwise} the value. */
    <T> T parsed(String path, String text, T otherwise, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException refused) {
            addRepeating(path, text, refused);
            return otherwise;
        }
    }

    /** A mistake whose message repeats the text, which may be long. */
    void addRepeating(String path, String text, IllegalArgumentException refused) {
        String message = String.valueOf(refused.getMessage());
        add(
                path,
                text.length() <= MAX_REPEATED_CHARS
                        ? message
                        : message.replace(text, text.substring(0, MAX_REPEATED_CHARS) + "…"),
                null);
    }

    /** The constant with that name, in any case; {@code otherwise} if there is no text, or a wrong one, which is a mistake. */
    <E extends Enum<E>> E constant(String path, @Nullable String text, E otherwise) {
        if (text == null) {
            return otherwise;
        }
        E[] constants = otherwise.getDeclaringClass().getEnumConstants();
        for (E constant : constants) {
            if (constant.name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        List<String> names = Arrays.stream(constants).map(Enum::name).toList();
        add(
                path,
                "'" + text + "' is none of " + String.join(", ", names),
                Nearest.to(text.toUpperCase(Locale.ROOT), names)
                        .map(nearest -> "did you mean " + nearest + "?")
                        .orElse(null));
        return otherwise;
    }
}
