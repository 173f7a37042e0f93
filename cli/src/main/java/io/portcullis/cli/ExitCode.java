package io.portcullis.cli;

/** What the command's exit status says; scripts rely on it. */
final class ExitCode {
    static final int OK = 0;
    /** The cluster refused, or what was awaited failed or did not happen in time. */
    static final int FAILED = 1;
    /** Of {@code diff}: there are differences. */
    static final int DIFFERENT = 1;
    /** Of {@code diff}: they could not be told. */
    static final int TROUBLE = 2;
    /** The command line makes no sense. */
    static final int USAGE = 2;
    /** No answer from the admin endpoint. */
    static final int NOT_REACHABLE = 3;

    private ExitCode() {}
}
