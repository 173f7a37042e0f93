package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Lets requests with large bodies happen one after the other, as a document takes many times its size in memory while it is
 * read. At most {@link #MAX_WAITING} wait; one more is refused. Thread-safe.
 */
final class LargeBodies {
    /** A body of more than so many bytes waits for its turn. */
    static final int LARGE_BYTES = 256 << 10;
    /** Requests that wait, or are under way. */
    static final int MAX_WAITING = 16;

    private final Executor workers;
    private CompletionStage<?> last = CompletableFuture.completedFuture(null);
    private int waiting;

    LargeBodies(Executor workers) {
        this.workers = workers;
    }

    /** Runs the work on a worker, at once or in its turn. */
    CompletionStage<Answer> handle(int bodyBytes, Supplier<CompletionStage<Answer>> work) {
        if (bodyBytes <= LARGE_BYTES) {
            return CompletableFuture.completedFuture(null).thenComposeAsync(_ -> work.get(), workers);
        }
        synchronized (this) {
            if (waiting == MAX_WAITING) {
                return CompletableFuture.failedFuture(new RefusedException(
                        ProblemKind.BUSY,
                        MAX_WAITING + " large documents are waiting at this node already",
                        "try again later, ask another node, or send it in parts of less than " + LARGE_BYTES
                                + " bytes"));
            }
            waiting++;
            CompletionStage<Answer> answer = last.handle((_, _) -> true)
                    .thenComposeAsync(_ -> work.get(), workers)
                    .whenComplete((_, _) -> done());
            last = answer;
            return answer;
        }
    }

    private synchronized void done() {
        waiting--;
    }
}
