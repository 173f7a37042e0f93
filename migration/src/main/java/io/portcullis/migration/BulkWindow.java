package io.portcullis.migration;

import io.portcullis.migration.model.SendRate;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.Address;

/**
 * How many chunks of tables may be on their way from this host to each other one, whatever number of migrations they belong to: so what a
 * migration has to say in its pause never waits behind more than these. Migrations take turns. All of them together send no more bytes a second than
 * {@link SendRate} lets them. Thread-safe.
 */
final class BulkWindow {
    private final int chunks;
    private final SendRate rate;
    private final LongSupplier nanoTime;
    private final BiConsumer<Long, Runnable> later;
    private boolean isLater;
    private final Map<Address, Lane> lanes = new HashMap<>();

    /** To one host. */
    private static final class Lane {
        final Queue<Share> waiting = new ArrayDeque<>();
        int used;
        int shares;
    }

    /**
     * A window.
     *
     * @param later runs something after so many nanoseconds, on any thread
     */
    BulkWindow(int chunks, SendRate rate, LongSupplier nanoTime, BiConsumer<Long, Runnable> later) {
        this.chunks = chunks;
        this.rate = rate;
        this.nanoTime = nanoTime;
        this.later = later;
    }

    /** What one migration has of the way to a host. It asks for one chunk at a time. */
    final class Share implements AutoCloseable {
        private final Address to;
        private final Lane lane;
        private final Runnable granted;
        private int held;
        private boolean isClosed;

        private Share(Address to, Lane lane, Runnable granted) {
            this.to = to;
            this.lane = lane;
            this.granted = granted;
        }

        /** Has {@code granted} called, now or later, on any thread: then one more chunk may be sent. */
        void ask() {
            synchronized (BulkWindow.this) {
                if (!isClosed) {
                    lane.waiting.add(this);
                    grant(lane);
                }
            }
        }

        /** So much is sent, for the first time or again. */
        void sent(int bytes) {
            synchronized (BulkWindow.this) {
                rate.sent(bytes, nanoTime.getAsLong());
            }
        }

        /** A chunk has arrived, or is not sent after all. */
        void giveBack() {
            synchronized (BulkWindow.this) {
                if (held > 0) {
                    held--;
                    lane.used--;
                    grant(lane);
                }
            }
        }

        /** Gives all back. */
        @Override
        public void close() {
            synchronized (BulkWindow.this) {
                if (!isClosed) {
                    isClosed = true;
                    lane.waiting.removeIf(share -> share == this);
                    lane.used -= held;
                    held = 0;
                    lane.shares--;
                    grant(lane);
                    if (lane.shares == 0) {
                        lanes.remove(to);
                    }
                }
            }
        }
    }

    /** @param granted is called with the lock held, and must only pass it on */
    synchronized Share share(Address to, Runnable granted) {
        Lane lane = lanes.computeIfAbsent(to, _ -> new Lane());
        lane.shares++;
        return new Share(to, lane, granted);
    }

    private void grant(Lane lane) {
        while (lane.used < chunks && !lane.waiting.isEmpty()) {
            long wait = rate.waitNanos(nanoTime.getAsLong());
            if (wait > 0) {
                grantLater(wait);
                return;
            }
            Share share = lane.waiting.remove();
            share.held++;
            lane.used++;
            share.granted.run();
        }
    }

    private void grantLater(long nanos) {
        if (!isLater) {
            isLater = true;
            later.accept(nanos, () -> {
                synchronized (this) {
                    isLater = false;
                    List.copyOf(lanes.values()).forEach(this::grant);
                }
            });
        }
    }
}
