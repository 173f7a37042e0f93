package io.portcullis.loadtest.vm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * A channel that never blocks, and who waits for it. The kernel keeps the socket of a closed channel for as long as a selector waits for it, and the other end hears
 * nothing: closing wakes them. Thread-safe.
 */
final class WaitedChannel implements AutoCloseable {
    private final SelectableChannel channel;
    private final Set<Selector> waiting = new HashSet<>();

    /** @param channel configured not to block */
    WaitedChannel(SelectableChannel channel) {
        this.channel = channel;
    }

    /** Blocks until the operation of {@link java.nio.channels.SelectionKey} can be done, at most so long; says whether it can. */
    boolean await(int operation, Duration timeout) throws IOException {
        try (Selector selector = Selector.open()) {
            enter(selector);
            try {
                channel.register(selector, operation);
                return selector.select(Math.max(1, timeout.toMillis())) > 0;
            } finally {
                leave(selector);
            }
        }
    }

    private synchronized void enter(Selector selector) {
        waiting.add(selector);
    }

    private synchronized void leave(Selector selector) {
        waiting.remove(selector);
    }

    @Override
    public synchronized void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            waiting.forEach(Selector::wakeup);
        }
    }
}
