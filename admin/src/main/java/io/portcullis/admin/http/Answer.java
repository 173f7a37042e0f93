package io.portcullis.admin.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request is answered with.
 *
 * @param body an API document, written as JSON; a {@link String} is sent as it is; null for none
 * @param diff what the request changed, for the audit log; it is not sent; empty for nothing
 */
public record Answer(int status, @Nullable Object body, String mediaType, Map<String, String> headers, String diff) {
    private static final String JSON = "application/json";

    public Answer {
        headers = Map.copyOf(headers);
    }

    public Answer(int status, @Nullable Object body, String mediaType, Map<String, String> headers) {
        this(status, body, mediaType, headers, "");
    }

    public Answer withDiff(String newDiff) {
        return new Answer(status, body, mediaType, headers, newDiff);
    }

    public static Answer ok(Object body) {
        return new Answer(200, body, JSON, Map.of());
    }

    /** With the tenant's revision as its entity tag. */
    public static Answer ok(Object body, long revision) {
        return new Answer(200, body, JSON, Map.of("ETag", "\"" + revision + "\""));
    }

    /** Made, and from now on at the location. */
    public static Answer created(Object body, String location) {
        return new Answer(201, body, JSON, Map.of("Location", location));
    }

    /** Text with the tenant's revision as its entity tag. */
    public static Answer text(String text, String mediaType, long revision) {
        return new Answer(200, text, mediaType, Map.of("ETag", "\"" + revision + "\""));
    }

    /** Begun, not done: the progress is seen at the location. */
    public static Answer accepted(Object body, String location) {
        return new Answer(202, body, JSON, Map.of("Location", location));
    }

    public static Answer noContent() {
        return new Answer(204, null, JSON, Map.of());
    }

    public static Answer text(int status, String text, String mediaType) {
        return new Answer(status, text, mediaType, Map.of());
    }
}
