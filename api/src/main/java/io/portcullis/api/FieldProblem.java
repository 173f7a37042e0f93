package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * One mistake in a document.
 *
 * @param path where, for example {@code spec.rules[0].services}; empty for the document as a whole
 * @param message what is wrong
 * @param hint how to mend it
 * @param line in the text as sent, from 1
 * @param column in that line, from 1
 */
public record FieldProblem(
        String path,
        String message,
        @Nullable String hint,
        @Nullable Integer line,
        @Nullable Integer column) {
    public FieldProblem(String path, String message, @Nullable String hint) {
        this(path, message, hint, null, null);
    }
}
