package io.portcullis.simulation;

import com.typesafe.config.Config;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.pekko.dispatch.Mailbox;
import org.jspecify.annotations.Nullable;

/**
 * The one thread on which everything of a simulation happens, and its clock, which goes on only when it is told to. With each piece of work it knows on which node it
 * runs and what caused it, and hands both on to whatever work that makes; so a change's messages are told from those that go on all the time.
 *
 * <p>Other threads may only {@link #execute}; all else belongs to the simulation's own.
 */
final class SimLoop implements Executor, AutoCloseable {
    /** Setting of an actor system that names its loop, for what Pekko makes from class names. */
    static final String SETTING = "portcullis.simulation.loop";

    /** What happens without anybody having asked for it: all that is repeated at intervals. */
    static final int BACKGROUND = 0;

    private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");
    private static final long IDLE_NANOS = 200_000;
    private static final Map<Integer, SimLoop> LOOPS = new ConcurrentHashMap<>();
    private static final AtomicInteger LAST = new AtomicInteger();

    private record Task(Runnable work, @Nullable String node, int cause) {}

    /** Work that is due at a time. */
    static final class Timer {
        private final long dueNanos;
        private final long number;
        private final Runnable work;
        private final @Nullable String node;
        private final int cause;
        private boolean isOver;

        private Timer(long dueNanos, long number, Runnable work, @Nullable String node, int cause) {
            this.dueNanos = dueNanos;
            this.number = number;
            this.work = work;
            this.node = node;
            this.cause = cause;
        }

        /** Says whether it was still to come. */
        boolean cancel() {
            boolean wasToCome = !isOver;
            isOver = true;
            return wasToCome;
        }

        boolean isOver() {
            return isOver;
        }
    }

    private final int id = LAST.incrementAndGet();
    private final Queue<Task> ready = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(
            Comparator.comparingLong((Timer timer) -> timer.dueNanos).thenComparingLong(timer -> timer.number));
    private final SimNetwork network = new SimNetwork(this);
    private final SimDatabase database = new SimDatabase();
    private final Thread thread = new Thread(this::serve, "simulation");
    private volatile boolean isClosed;
    private volatile long nowNanos;
    private long timersMade;
    private @Nullable String node;
    private int cause = BACKGROUND;

    SimLoop() {
        NoWorkers.install();
        LOOPS.put(id, this);
        thread.setDaemon(true);
        thread.start();
    }

    /** The loop of an actor system with these settings. */
    static SimLoop of(Config settings) {
        SimLoop loop = LOOPS.get(settings.getInt(SETTING));
        if (loop == null) {
            throw new IllegalStateException("the simulation is over");
        }
        return loop;
    }

    int id() {
        return id;
    }

    SimNetwork network() {
        return network;
    }

    SimDatabase database() {
        return database;
    }

    /** The node on which the present work runs; null for what is no node's. */
    @Nullable
    String node() {
        return node;
    }

    int cause() {
        return cause;
    }

    /** From the simulation's thread, of a message that an actor takes from its mailbox. */
    void continueWith(int causeOfMessage) {
        cause = causeOfMessage;
    }

    /** Does something on the simulation's thread and waits for it. */
    <T> T call(Callable<T> work) throws Exception {
        CompletableFuture<T> done = new CompletableFuture<>();
        ready.add(new Task(
                () -> {
                    try {
                        done.complete(work.call());
                    } catch (Throwable failure) {
                        done.completeExceptionally(failure);
                    }
                },
                null,
                BACKGROUND));
        try {
            return done.get();
        } catch (java.util.concurrent.ExecutionException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        }
    }

    /** Does something now as if it happened on that node for that reason. */
    void as(@Nullable String someNode, int someCause, Runnable work) {
        String nodeBefore = node;
        int causeBefore = cause;
        node = someNode;
        cause = someCause;
        try {
            work.run();
        } finally {
            node = nodeBefore;
            cause = causeBefore;
        }
    }

    @Override
    public void execute(Runnable work) {
        boolean isOwn = Thread.currentThread() == thread;
        ready.add(new Task(work, isOwn ? node : null, isOwn ? cause : BACKGROUND));
    }

    /** Has something done later. */
    Timer after(long nanos, int causeThen, Runnable work) {
        synchronized (timers) {
            Timer timer = new Timer(nowNanos + Math.max(0, nanos), ++timersMade, work, node, causeThen);
            timers.add(timer);
            return timer;
        }
    }

    /** Nanoseconds of virtual time since the beginning. */
    long nowNanos() {
        return nowNanos;
    }

    Clock clock() {
        return new Clock() {
            @Override
            public Instant instant() {
                return BEGINNING.plusNanos(nowNanos);
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                throw new UnsupportedOperationException("the simulation knows UTC only");
            }
        };
    }

    /** Does all that can be done at the present time. */
    void drain() {
        for (Task task = ready.poll(); task != null; task = ready.poll()) {
            run(task);
        }
    }

    private void run(Task task) {
        if (task.work() instanceof Mailbox mailbox) {
            if (mailbox.messageQueue() instanceof SimMailbox its) {
                perform(its.node(), its.cause(), mailbox);
            } else {
                perform(null, BACKGROUND, mailbox);
            }
        } else {
            perform(task.node(), task.cause(), task.work());
        }
    }

    /** With what it has to follow at once. */
    private void perform(@Nullable String someNode, int someCause, Runnable work) {
        as(someNode, someCause, () -> {
            work.run();
            NoWorkers.doTheirWork();
        });
    }

    /** Lets time go on, with all that is due on the way. */
    void advance(Duration duration) {
        long end = nowNanos + duration.toNanos();
        drain();
        for (Timer timer = due(end); timer != null; timer = due(end)) {
            nowNanos = Math.max(nowNanos, timer.dueNanos);
            timer.isOver = true;
            perform(timer.node, timer.cause, timer.work);
            drain();
        }
        nowNanos = end;
    }

    private @Nullable Timer due(long end) {
        synchronized (timers) {
            while (!timers.isEmpty() && timers.peek().isOver) {
                timers.poll();
            }
            Timer next = timers.peek();
            return next != null && next.dueNanos <= end ? timers.poll() : null;
        }
    }

    private void serve() {
        while (!isClosed) {
            drain();
            LockSupport.parkNanos(IDLE_NANOS);
        }
    }

    @Override
    public void close() {
        isClosed = true;
        LOOPS.remove(id);
    }
}
