package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.document.Documents;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Lets requests with large bodies happen one after the other, as a document takes many times its size in memory while it is
 * read. At most {@link #MAX_WAITING} wait, and their bodies have at most {@link #MAX_HELD_BYTES}; what is more is refused. Thread-safe.
 */
final class LargeBodies {
    /** A body of more than so many bytes waits for its turn. */
    static final int LARGE_BYTES = 256 << 10;
    /** Requests that wait, or are under way. */
    static final int MAX_WAITING = 16;

    /** Largest body, in bytes: what a text of documents may have, or a seventh of the heap where that is less, but not less than 32 MiB. */
    static final int MAX_BODY_BYTES = Math.clamp(Runtime.getRuntime().maxMemory() / 7, 32 << 20, Documents.MAX_BYTES);
    /** Bytes of large bodies that are held at a time, from their first byte until they are answered: one of the largest, and half as much. */
    static final long MAX_HELD_BYTES = Math.max(96L << 20, MAX_BODY_BYTES * 3L / 2);

    private final Executor workers;
    private final AtomicLong heldBytes = new AtomicLong();
    private CompletionStage<?> last = CompletableFuture.completedFuture(null);
    private int waiting;

    LargeBodies(Executor workers) {
        this.workers = workers;
    }

    /** The bytes of one body as they come; whoever has it releases it, however the request ends. One thread at a time. */
    final class Held {
        private long bytes;

        /** False if that would be more than all bodies together may have. */
        boolean grow(int more) {
            long before = bytes;
            bytes += more;
            long counted = bytes <= LARGE_BYTES ? 0 : before <= LARGE_BYTES ? bytes : more;
            return heldBytes.addAndGet(counted) <= MAX_HELD_BYTES;
        }

        void release() {
            if (bytes > LARGE_BYTES) {
                heldBytes.addAndGet(-bytes);
            }
            bytes = 0;
        }
    }

    Held hold() {
        return new Held();
    }

    static RefusedException full() {
        return new RefusedException(
                ProblemKind.BUSY,
                "this node holds " + (MAX_HELD_BYTES >> 20) + " MiB of large documents already",
                "try again later, or ask another node");
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
