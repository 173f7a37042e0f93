package io.portcullis.migration;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.apache.pekko.actor.Address;

/**
 * How many chunks of tables may be on their way from this host to each other one, whatever number of migrations they belong to: so what a
 * migration has to say in its pause never waits behind more than these. Migrations take turns. Thread-safe.
 */
final class BulkWindow {
    private final int chunks;
    private final Map<Address, Lane> lanes = new HashMap<>();

    /** To one host. */
    private static final class Lane {
        final Queue<Share> waiting = new ArrayDeque<>();
        int used;
        int shares;
    }

    BulkWindow(int chunks) {
        this.chunks = chunks;
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
            Share share = lane.waiting.remove();
            share.held++;
            lane.used++;
            share.granted.run();
        }
    }
}
