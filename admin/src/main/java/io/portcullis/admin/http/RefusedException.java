package io.portcullis.admin.http;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends a request with a problem. An expected outcome: it has no stack trace and is not logged as an error. */
public final class RefusedException extends RuntimeException {
    private final ProblemKind kind;
    private final @Nullable String hint;
    private final transient List<FieldProblem> problems;

    public RefusedException(ProblemKind kind, String detail, @Nullable String hint, List<FieldProblem> problems) {
        super(detail, null, false, false);
        this.kind = kind;
        this.hint = hint;
        this.problems = List.copyOf(problems);
    }

    public RefusedException(ProblemKind kind, String detail) {
        this(kind, detail, null, List.of());
    }

    public RefusedException(ProblemKind kind, String detail, String hint) {
        this(kind, detail, hint, List.of());
    }

    /** A document that was refused for these mistakes. */
    public static RefusedException invalid(List<FieldProblem> problems) {
        FieldProblem first = problems.getFirst();
        String place = first.path().isEmpty() ? "" : first.path() + ": ";
        String more = problems.size() == 1 ? "" : " (and " + (problems.size() - 1) + " more)";
        return new RefusedException(ProblemKind.INVALID_DOCUMENT, place + first.message() + more, null, problems);
    }

    public ProblemKind kind() {
        return kind;
    }

    /** What the client gets. */
    public Problem problem() {
        return new Problem(
                "urn:portcullis:problem:" + kind.code(),
                kind.title(),
                kind.status(),
                String.valueOf(getMessage()),
                kind.code(),
                hint,
                problems);
    }
}
