package io.portcullis.migration;

import io.portcullis.migration.model.Pace;
import io.portcullis.migration.model.SendRate;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.Address;
import org.jspecify.annotations.Nullable;

/**
 * How many chunks of tables may be on their way from this host to each other one, whatever number of migrations they belong to: so what a
 * migration has to say in its pause never waits behind more than these. Migrations take turns. All of them together send no more bytes a second than
 * {@link SendRate} lets them, and those of an operation no more than its {@link Pace}: who waits for that lets others pass. Thread-safe.
 */
final class BulkWindow {
    /** Operations that are remembered; of more, the oldest under which nothing is sent is forgotten. */
    static final int MAX_OPERATIONS = 256;

    private final int chunks;
    private final SendRate rate;
    private final LongSupplier nanoTime;
    private final BiConsumer<Long, Runnable> later;
    /** When it looks again, and which of the calls that may be on their way is the one that does. */
    private long laterNanos;

    private boolean isLater;
    private long call;
    private final Map<Address, Lane> lanes = new HashMap<>();
    private final Map<String, Operation> operations = new LinkedHashMap<>();

    /** To one host. */
    private static final class Lane {
        final Queue<Share> waiting = new ArrayDeque<>();
        int used;
        int shares;
    }

    /** Migrations from this host that have a pace together. */
    private static final class Operation {
        final SendRate rate;
        long sentBytes;
        int shares;

        Operation(long bytesPerSecond) {
            rate = new SendRate(bytesPerSecond);
        }
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
        private final @Nullable Operation operation;
        private final Runnable granted;
        private int held;
        private boolean isClosed;

        private Share(Address to, Lane lane, @Nullable Operation operation, Runnable granted) {
            this.to = to;
            this.lane = lane;
            this.operation = operation;
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
                long now = nanoTime.getAsLong();
                rate.sent(bytes, now);
                if (operation != null) {
                    operation.rate.sent(bytes, now);
                    operation.sentBytes += bytes;
                }
            }
        }

        private long waitNanos(long now) {
            long ofHost = rate.waitNanos(now);
            return operation == null ? ofHost : Math.max(ofHost, operation.rate.waitNanos(now));
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
                    if (operation != null) {
                        operation.shares--;
                    }
                    grant(lane);
                    if (lane.shares == 0) {
                        lanes.remove(to);
                    }
                }
            }
        }
    }

    /**
     * Of a migration that begins to send.
     *
     * @param pace of its operation, where this host has not heard of a later one; null if it belongs to none
     * @param granted is called with the lock held, and must only pass it on
     */
    synchronized Share share(Address to, @Nullable Pace pace, Runnable granted) {
        Lane lane = lanes.computeIfAbsent(to, _ -> new Lane());
        lane.shares++;
        Operation operation = pace == null ? null : operation(pace);
        if (operation != null) {
            operation.shares++;
        }
        return new Share(to, lane, operation, granted);
    }

    /** From now on the operation's migrations have this pace. Answers how many bytes they have sent since this was first told of the operation. */
    synchronized long pace(Pace pace) {
        Operation operation = operation(pace);
        operation.rate.change(pace.bytesPerSecond(), nanoTime.getAsLong());
        grantAll();
        return operation.sentBytes;
    }

    private Operation operation(Pace pace) {
        Operation known = operations.get(pace.operation());
        if (known != null) {
            return known;
        }
        if (operations.size() >= MAX_OPERATIONS) {
            Iterator<Operation> oldest = operations.values().iterator();
            while (oldest.hasNext()) {
                if (oldest.next().shares == 0) {
                    oldest.remove();
                    break;
                }
            }
        }
        Operation operation = new Operation(pace.bytesPerSecond());
        operations.put(pace.operation(), operation);
        return operation;
    }

    private void grantAll() {
        List.copyOf(lanes.values()).forEach(this::grant);
    }

    private void grant(Lane lane) {
        while (lane.used < chunks && !lane.waiting.isEmpty()) {
            long now = nanoTime.getAsLong();
            Optional<Share> next = lane.waiting.stream()
                    .filter(share -> share.waitNanos(now) <= 0)
                    .findFirst();
            if (next.isEmpty()) {
                grantLater(lane.waiting.stream()
                        .mapToLong(share -> share.waitNanos(now))
                        .min()
                        .orElseThrow());
                return;
            }
            Share share = next.get();
            lane.waiting.remove(share);
            share.held++;
            lane.used++;
            share.granted.run();
        }
    }

    private void grantLater(long nanos) {
        long at = nanoTime.getAsLong() + nanos;
        if (isLater && laterNanos - at <= 0) {
            return;
        }
        isLater = true;
        laterNanos = at;
        long mine = ++call;
        later.accept(nanos, () -> {
            synchronized (this) {
                if (mine == call) {
                    isLater = false;
                    grantAll();
                }
            }
        });
    }
}
