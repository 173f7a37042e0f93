package io.portcullis.cli;

import io.portcullis.api.ApiException;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.Problem;
import java.io.PrintWriter;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Says what went wrong and what to do about it. */
final class Failures implements IExecutionExceptionHandler {
    private final Terminal terminal;

    Failures(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
        PrintWriter err = terminal.err();
        return switch (failure) {
            case ApiException refused -> {
                print(refused.problem());
                yield ExitCode.FAILED;
            }
            case NotReachableException silent -> {
                err.println("error: " + silent.getMessage());
                if (silent.getCause() instanceof SSLException) {
                    err.println("  hint: name the cluster's ca.crt with --ca or PORTCULLIS_CA, and an address that the"
                            + " node's certificate has with --url");
                    yield ExitCode.NOT_REACHABLE;
                }
                err.println("  hint: give the address of a running node with --url or PORTCULLIS_URL;"
                        + " 'portcullis demo' starts a cluster");
                yield ExitCode.NOT_REACHABLE;
            }
            case TimeoutException late -> {
                err.println("error: " + late.getMessage());
                err.println("  hint: it may still happen; look again, or wait longer with --timeout");
                yield ExitCode.FAILED;
            }
            case CommandFailure ours -> {
                err.println("error: " + ours.getMessage());
                if (ours.hint() != null) {
                    err.println("  hint: " + ours.hint());
                }
                yield ours.status();
            }
            default -> throw failure;
        };
    }

    void print(Problem problem) {
        PrintWriter err = terminal.err();
        if (problem.problems().isEmpty()) {
            err.println("error: " + problem.detail());
        } else {
            err.println("error: " + lowerFirst(problem.title()) + "; nothing was changed");
            problem.problems().forEach(this::print);
        }
        if (problem.hint() != null) {
            err.println("  hint: " + problem.hint());
        }
        if (problem.status() == 401) {
            err.println("  hint: the token file is set with --token-file or PORTCULLIS_TOKEN_FILE");
        }
    }

    private void print(FieldProblem problem) {
        String place = problem.line() == null ? "" : "line " + problem.line() + ", column " + problem.column() + ": ";
        String path = problem.path().isEmpty() ? "" : problem.path() + ": ";
        terminal.err().println("  " + place + path + problem.message());
        if (problem.hint() != null) {
            terminal.err().println("    hint: " + problem.hint());
        }
    }

    private static String lowerFirst(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
