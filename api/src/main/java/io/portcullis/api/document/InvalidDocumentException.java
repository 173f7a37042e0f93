package io.portcullis.api.document;

import io.portcullis.api.FieldProblem;
import java.util.List;

/** A document cannot be used; the problems say why, each with its place. Never empty. */
public final class InvalidDocumentException extends Exception {
    private final transient List<FieldProblem> problems;

    public InvalidDocumentException(List<FieldProblem> problems) {
        super(describe(problems));
        this.problems = List.copyOf(problems);
    }

    public List<FieldProblem> problems() {
        return problems;
    }

    private static String describe(List<FieldProblem> problems) {
        FieldProblem first = problems.getFirst();
        String place = first.path().isEmpty() ? "" : first.path() + ": ";
        return place + first.message() + (problems.size() == 1 ? "" : " (and " + (problems.size() - 1) + " more)");
    }
}
