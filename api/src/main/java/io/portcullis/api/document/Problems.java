package io.portcullis.api.document;

import io.portcullis.api.FieldProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Mistakes found so far; bounded, because nobody mends more at once. Not thread-safe. */
final class Problems {
    static final int MAX_KEPT = 100;
    private static final int MAX_SHOWN = 80;

    private final List<FieldProblem> kept = new ArrayList<>();
    private final UnaryOperator<FieldProblem> locate;
    private int count;

    Problems(UnaryOperator<FieldProblem> locate) {
        this.locate = locate;
    }

    void add(String path, String message, @Nullable String hint) {
        count++;
        if (kept.size() < MAX_KEPT) {
            kept.add(locate.apply(new FieldProblem(path, message, hint)));
        }
    }

    /** All that were found, kept or not. */
    int count() {
        return count;
    }

    List<FieldProblem> kept() {
        return List.copyOf(kept);
    }

    /** A text of a stranger, cut to what fits a message. */
    static String shorten(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }
}
