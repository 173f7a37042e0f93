package io.portcullis.loadtest.vm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What a {@link UserStack} has received for one socket and nobody has taken yet. Guarded by the stack's lock. */
final class Inbox<T> {
    private final UserStack stack;
    private final Deque<T> waiting = new ArrayDeque<>();

    Inbox(UserStack stack) {
        this.stack = stack;
    }

    /** Lock held. */
    void add(T received) {
        waiting.add(received);
    }

    /** Takes the lock; null if nothing came in time. */
    @Nullable
    T take(Duration timeout) {
        return stack.locked(() -> {
            stack.awaitChange(() -> !waiting.isEmpty(), timeout);
            return waiting.poll();
        });
    }
}
