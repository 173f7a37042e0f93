package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Waits for TAP queues with ppoll(2) and is woken by an eventfd. */
public final class PollPoller implements Poller {
    private static final int EFD_NONBLOCK_CLOEXEC = 0x80800;
    private static final short POLLIN = 1;
    private static final int POLLERR_HUP_NVAL = 0x8 | 0x10 | 0x20;
    private static final int POLLFD_BYTES = 8;
    private static final long MAINTENANCE_NANOS = 5_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment timeout = arena.allocate(16, 8);
    private final MemorySegment counter = arena.allocate(8, 8);
    private final MemorySegment one = arena.allocate(8, 8);
    private final int wakeFd;
    /** True from a wake-up until the loop has seen it: one write per wait is enough. */
    private final AtomicBoolean awake = new AtomicBoolean();

    private final List<TapQueue> ports = new ArrayList<>();
    private final List<TapQueue> waiting = new ArrayList<>();
    /** Whose each descriptor after the first is. */
    private final List<TapQueue> owners = new ArrayList<>();

    private MemorySegment pollfds = MemorySegment.NULL;
    private int capacity;
    /** The descriptor must not be written to once another file may have its number. */
    private final Object closeLock = new Object();

    private boolean closed;

    public PollPoller() {
        wakeFd = Libc.eventfd(EFD_NONBLOCK_CLOEXEC);
        if (wakeFd < 0) {
            throw new IllegalStateException("eventfd failed: " + Errno.text(-wakeFd));
        }
        one.set(JAVA_LONG, 0, 1);
        rebuild();
    }

    @Override
    public void add(FramePort port) {
        TapQueue queue = queue(port);
        if (!ports.contains(queue)) {
            ports.add(queue);
            waiting.add(queue);
            rebuild();
        }
    }

    @Override
    public void remove(FramePort port) {
        ports.remove(queue(port));
        waiting.remove(queue(port));
        rebuild();
    }

    @Override
    public void setInterest(FramePort port, boolean interested) {
        TapQueue queue = queue(port);
        boolean was = waiting.contains(queue);
        if (was != interested && ports.contains(queue)) {
            if (interested) {
                waiting.add(queue);
            } else {
                waiting.remove(queue);
            }
            rebuild();
        }
    }

    private static TapQueue queue(FramePort port) {
        if (port instanceof TapQueue queue) {
            return queue;
        }
        throw new IllegalArgumentException(port.name() + " is no kernel port");
    }

    private void rebuild() {
        int most = 2 * waiting.size() + 1;
        if (most > capacity) {
            capacity = Math.max(16, most * 2);
            pollfds = arena.allocate((long) capacity * POLLFD_BYTES, 8);
        }
        owners.clear();
        setPollfd(0, wakeFd);
        for (TapQueue queue : waiting) {
            owners.add(queue);
            setPollfd(owners.size(), queue.device().fd());
            TapDevice second = queue.second();
            if (second != null) {
                owners.add(queue);
                setPollfd(owners.size(), second.fd());
            }
        }
    }

    private void setPollfd(int index, int fd) {
        long at = (long) index * POLLFD_BYTES;
        pollfds.set(JAVA_INT, at, fd);
        pollfds.set(JAVA_SHORT, at + 4, POLLIN);
        pollfds.set(JAVA_SHORT, at + 6, (short) 0);
    }

    @Override
    public void await(long timeoutNanos, Consumer<? super FramePort> ready) {
        long nanos = Math.max(0, timeoutNanos);
        boolean changed = false;
        for (TapQueue port : ports) {
            changed |= port.maintain();
            if (port.needsMaintenance()) {
                nanos = Math.min(nanos, MAINTENANCE_NANOS);
            }
        }
        if (changed) {
            rebuild();
        }
        timeout.set(JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
        timeout.set(JAVA_LONG, 8, nanos % NANOS_PER_SECOND);
        if (Libc.ppoll(pollfds.address(), owners.size() + 1L, timeout.address()) > 0) {
            takeEvents(ready);
        }
    }

    private void takeEvents(Consumer<? super FramePort> ready) {
        if (events(0) != 0) {
            Libc.read(wakeFd, counter.address(), counter.byteSize());
            awake.set(false);
        }
        boolean lost = false;
        for (int i = 0; i < owners.size(); i++) {
            int events = events(i + 1);
            if ((events & POLLERR_HUP_NVAL) != 0) {
                owners.get(i).markGone();
                lost = true;
            }
            if (events != 0) {
                ready.accept(owners.get(i));
            }
        }
        if (lost) {
            waiting.removeIf(TapQueue::isGone);
            rebuild();
        }
    }

    private int events(int index) {
        return pollfds.get(JAVA_SHORT, (long) index * POLLFD_BYTES + 6);
    }

    @Override
    public void wakeUp() {
        if (awake.compareAndSet(false, true)) {
            synchronized (closeLock) {
                if (!closed) {
                    Libc.write(wakeFd, one.address(), one.byteSize());
                }
            }
        }
    }

    @Override
    public void close() {
        synchronized (closeLock) {
            if (!closed) {
                closed = true;
                Libc.close(wakeFd);
                arena.close();
            }
        }
    }
}
