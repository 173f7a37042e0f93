package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was refused (RFC 9457, {@code application/problem+json}). Nothing was changed.
 *
 * @param type URN that names the kind of problem, {@code urn:portcullis:problem:CODE}
 * @param status the HTTP status
 * @param detail this case, for people
 * @param code stable word for programs, for example {@code stale-revision}
 * @param hint what to do about it
 * @param problems the mistakes of an invalid document, else empty
 */
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        String code,
        @Nullable String hint,
        List<FieldProblem> problems) {
    /** Media type of the answer. */
    public static final String MEDIA_TYPE = "application/problem+json";

    @SuppressWarnings("NullAway") // Jackson passes null for a list that is not there
    public Problem {
        problems = problems == null ? List.of() : List.copyOf(problems);
    }
}
