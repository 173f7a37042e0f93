package io.portcullis.admin.http;

import io.portcullis.api.document.Documents;
import io.portcullis.api.document.Format;
import io.portcullis.api.document.InvalidDocumentException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One request, its body read.
 *
 * @param path values of the route's variables
 * @param query first value of each parameter
 * @param headers first value of each, names in lower case
 * @param principal who asks
 */
@SuppressWarnings("ArrayRecordComponent") // exchanges are never compared
public record Exchange(
        Map<String, String> path,
        Map<String, String> query,
        Map<String, String> headers,
        byte[] body,
        Principal principal) {
    /** Who asks, for records of what was done. */
    public String by() {
        return principal.name();
    }

    /** A variable of the route. */
    public String variable(String name) {
        String value = path.get(name);
        if (value == null) {
            throw new IllegalStateException("the route has no variable " + name);
        }
        return value;
    }

    /** A whole number of the query, within bounds. */
    public OptionalLong number(String name, long least, long most) {
        String text = query.get(name);
        if (text == null) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return OptionalLong.of(value);
            }
        } catch (NumberFormatException noNumber) {
            // Refused below, as a number out of bounds is.
        }
        throw new RefusedException(
                ProblemKind.INVALID_REQUEST,
                "the parameter " + name + " is '" + text + "'",
                "give a whole number from " + least + " to " + most);
    }

    /** The revision of an {@code If-Match} header; empty if there is none or it is {@code *}. */
    public OptionalLong ifMatch() {
        String header = headers.get("if-match");
        if (header == null || header.strip().equals("*")) {
            return OptionalLong.empty();
        }
        String text = header.strip();
        String bare = text.startsWith("\"") && text.endsWith("\"") && text.length() > 2
                ? text.substring(1, text.length() - 1)
                : text;
        try {
            return OptionalLong.of(Long.parseLong(bare));
        } catch (NumberFormatException noRevision) {
            throw new RefusedException(
                    ProblemKind.INVALID_REQUEST,
                    "the header If-Match is '" + text + "'",
                    "give the ETag of an earlier answer, for example \"17\"");
        }
    }

    /** How the body is written. */
    public Format format() {
        return Format.ofMediaType(headers.get("content-type"));
    }

    /** The body as one document of that shape. */
    public <R extends Record> R read(Class<R> type) {
        try {
            return Documents.readOne(body, format(), type);
        } catch (InvalidDocumentException invalid) {
            throw RefusedException.invalid(invalid.problems());
        }
    }

    /** Like {@link #read}, or empty if there is no body. */
    public <R extends Record> Optional<R> readIfAny(Class<R> type) {
        return body.length == 0 ? Optional.empty() : Optional.of(read(type));
    }
}
