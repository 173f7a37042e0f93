package io.portcullis.api;

/** The cluster answered and refused; the problem says why. Nothing was changed. */
public final class ApiException extends RuntimeException {
    private final transient Problem problem;

    public ApiException(Problem problem) {
        super(problem.status() + " " + problem.title() + ": " + problem.detail());
        this.problem = problem;
    }

    /** HTTP status of the answer. */
    public int status() {
        return problem.status();
    }

    public Problem problem() {
        return problem;
    }
}
