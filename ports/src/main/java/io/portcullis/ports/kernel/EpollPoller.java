package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Waits for TAP queues with epoll(7), so that a wait costs what is ready, however many queues there are, and is woken by an eventfd. ppoll(2) on both
 * gives the wait its resolution, which epoll_wait has not.
 */
public final class EpollPoller implements Poller {
    private static final System.Logger LOG = System.getLogger(EpollPoller.class.getName());

    private static final int EFD_NONBLOCK_CLOEXEC = 0x80800;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final short POLLIN = 1;
    private static final int EPOLLIN = 1;
    private static final int EPOLLERR_HUP = 0x8 | 0x10;
    private static final int POLLFD_BYTES = 8;
    /** Queues of which one wait tells; the next one tells of more. */
    private static final int MAX_EVENTS = 256;

    private static final long MAINTENANCE_NANOS = 5_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment timeout = arena.allocate(16, 8);
    private final MemorySegment counter = arena.allocate(8, 8);
    private final MemorySegment one = arena.allocate(8, 8);
    private final MemorySegment pollfds = arena.allocate(2L * POLLFD_BYTES, 8);
    private final MemorySegment event = arena.allocate(Libc.EPOLL_EVENT_BYTES, 8);
    private final MemorySegment events = arena.allocate((long) MAX_EVENTS * Libc.EPOLL_EVENT_BYTES, 8);
    private final int wakeFd;
    private final int epollFd;
    /** True from a wake-up until the loop has seen it: one write per wait is enough. */
    private final AtomicBoolean awake = new AtomicBoolean();

    private final IdentityHashMap<TapQueue, Waiting> ports = new IdentityHashMap<>();
    /** Whose each descriptor is that is waited for. */
    private final Map<Integer, TapQueue> owners = new HashMap<>();
    /** Those that have something to do by themselves. */
    private final List<TapQueue> maintained = new ArrayList<>();

    private final Consumer<TapQueue> onMaintenance = this::maintain;

    /** The descriptor must not be written to once another file may have its number. */
    private final Object closeLock = new Object();

    private boolean closed;

    /** What is waited for of a queue. */
    private static final class Waiting {
        private static final int NOTHING = -1;

        boolean interested = true;
        int first = NOTHING;
        int second = NOTHING;
    }

    public EpollPoller() {
        wakeFd = Libc.eventfd(EFD_NONBLOCK_CLOEXEC);
        if (wakeFd < 0) {
            throw new IllegalStateException("eventfd failed: " + Errno.text(-wakeFd));
        }
        epollFd = Libc.epollCreate(EPOLL_CLOEXEC);
        if (epollFd < 0) {
            Libc.close(wakeFd);
            throw new IllegalStateException("epoll_create1 failed: " + Errno.text(-epollFd));
        }
        one.set(JAVA_LONG, 0, 1);
        setPollfd(0, wakeFd);
        setPollfd(1, epollFd);
    }

    private void setPollfd(int index, int fd) {
        long at = (long) index * POLLFD_BYTES;
        pollfds.set(JAVA_INT, at, fd);
        pollfds.set(JAVA_SHORT, at + 4, POLLIN);
    }

    @Override
    public void add(FramePort port) {
        TapQueue queue = queue(port);
        if (!ports.containsKey(queue)) {
            ports.put(queue, new Waiting());
            queue.onMaintenance(onMaintenance);
            settle(queue);
        }
    }

    @Override
    public void remove(FramePort port) {
        TapQueue queue = queue(port);
        Waiting waiting = ports.remove(queue);
        if (waiting != null) {
            queue.onMaintenance(null);
            maintained.remove(queue);
            forget(queue, waiting.first);
            forget(queue, waiting.second);
        }
    }

    @Override
    public void setInterest(FramePort port, boolean interested) {
        TapQueue queue = queue(port);
        Waiting waiting = ports.get(queue);
        if (waiting != null && waiting.interested != interested) {
            waiting.interested = interested;
            settle(queue);
        }
    }

    private static TapQueue queue(FramePort port) {
        if (port instanceof TapQueue queue) {
            return queue;
        }
        throw new IllegalArgumentException(port.name() + " is no kernel port");
    }

    private void maintain(TapQueue queue) {
        if (!maintained.contains(queue)) {
            maintained.add(queue);
        }
    }

    /** Waits for those descriptors of a queue that it reads now, if for any. */
    private void settle(TapQueue queue) {
        Waiting waiting = ports.get(queue);
        if (waiting == null) {
            return;
        }
        boolean waits = waiting.interested && !queue.isGone();
        TapDevice then = queue.second();
        int first = waits ? queue.device().fd() : Waiting.NOTHING;
        int second = waits && then != null ? then.fd() : Waiting.NOTHING;
        // what was the second may be the first now
        for (int before : new int[] {waiting.first, waiting.second}) {
            if (before != first && before != second) {
                forget(queue, before);
            }
        }
        if (!awaits(queue, first) || !awaits(queue, second)) {
            queue.markGone();
            forget(queue, first);
            forget(queue, second);
            first = Waiting.NOTHING;
            second = Waiting.NOTHING;
        }
        waiting.first = first;
        waiting.second = second;
    }

    private void forget(TapQueue queue, int fd) {
        if (fd != Waiting.NOTHING && owners.remove(fd, queue)) {
            // fails if it was closed, which has ended it
            Libc.epollControl(epollFd, Libc.EPOLL_CTL_DEL, fd, event.address());
        }
    }

    /** False if the kernel refuses: nothing would be heard of the queue. */
    private boolean awaits(TapQueue queue, int fd) {
        if (fd == Waiting.NOTHING || owners.get(fd) == queue) {
            return true;
        }
        event.set(JAVA_INT_UNALIGNED, 0, EPOLLIN);
        event.set(JAVA_INT_UNALIGNED, Libc.EPOLL_DATA_OFFSET, fd);
        int failed = Libc.epollControl(epollFd, Libc.EPOLL_CTL_ADD, fd, event.address());
        if (failed < 0) {
            LOG.log(System.Logger.Level.ERROR, queue.name() + " cannot be waited for: " + Errno.text(-failed));
            return false;
        }
        owners.put(fd, queue);
        return true;
    }

    @Override
    public void await(long timeoutNanos, Consumer<? super FramePort> ready) {
        long nanos = Math.max(0, timeoutNanos);
        for (int i = maintained.size() - 1; i >= 0; i--) {
            TapQueue queue = maintained.get(i);
            if (queue.maintain()) {
                settle(queue);
            }
            if (queue.needsMaintenance()) {
                nanos = Math.min(nanos, MAINTENANCE_NANOS);
            } else {
                maintained.remove(i);
            }
        }
        timeout.set(JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
        timeout.set(JAVA_LONG, 8, nanos % NANOS_PER_SECOND);
        if (Libc.ppoll(pollfds.address(), 2, timeout.address()) <= 0) {
            return;
        }
        if (revents(0) != 0) {
            Libc.read(wakeFd, counter.address(), counter.byteSize());
            awake.set(false);
        }
        if (revents(1) != 0) {
            takeEvents(Libc.epollWait(epollFd, events.address(), MAX_EVENTS, 0), ready);
        }
    }

    private void takeEvents(int count, Consumer<? super FramePort> ready) {
        for (int i = 0; i < count; i++) {
            long at = (long) i * Libc.EPOLL_EVENT_BYTES;
            TapQueue queue = owners.get(events.get(JAVA_INT_UNALIGNED, at + Libc.EPOLL_DATA_OFFSET));
            if (queue == null) {
                continue;
            }
            if ((events.get(JAVA_INT_UNALIGNED, at) & EPOLLERR_HUP) != 0) {
                queue.markGone();
            }
            if (queue.isGone()) {
                settle(queue);
            }
            ready.accept(queue);
        }
    }

    private int revents(int index) {
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
                Libc.close(epollFd);
                Libc.close(wakeFd);
                arena.close();
            }
        }
    }
}
