package io.portcullis.api.document;

import io.portcullis.api.FieldProblem;
import io.portcullis.api.Resource;
import java.util.function.UnaryOperator;

/**
 * A document and where it stood in its text.
 *
 * @param prefix of the paths of its problems: empty, or {@code documents[n]}
 * @param locate adds line and column to a problem whose path begins within the document
 */
public record Located(Resource<?> resource, String prefix, UnaryOperator<FieldProblem> locate) {
    /** The problem as it is reported: with its line, and its path prefixed. */
    public FieldProblem report(FieldProblem problem) {
        return prefixed(prefix, locate.apply(problem));
    }

    static FieldProblem prefixed(String prefix, FieldProblem problem) {
        String separator = prefix.isEmpty() || problem.path().isEmpty() ? "" : ".";
        return new FieldProblem(
                prefix + separator + problem.path(),
                problem.message(),
                problem.hint(),
                problem.line(),
                problem.column());
    }
}
