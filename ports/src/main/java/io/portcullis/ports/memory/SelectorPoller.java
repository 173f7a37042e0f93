package io.portcullis.ports.memory;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for memory ports, and writes on what their sockets could not take at once. Resolution one millisecond. A wait costs what the ports are that
 * have something to read or to write, however many others there are.
 */
public final class SelectorPoller implements Poller {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Selector selector;
    /** Ports that may have frames, or something to send; guarded by {@link #lock}, as {@link MemoryPort#isBusy} is. */
    private List<MemoryPort> busy = new ArrayList<>();

    private final Object lock = new Object();
    /** What becomes {@link #busy} next; the loop's. */
    private List<MemoryPort> turn = new ArrayList<>();
    /** How many ports of each trunk are here. */
    private final IdentityHashMap<MemoryTrunk, Integer> trunks = new IdentityHashMap<>();

    private final Consumer<SelectionKey> takeKey = this::take;
    private @Nullable Consumer<? super FramePort> ready;
    /** Whose loop this is. */
    private volatile @Nullable Thread waiter;

    public SelectorPoller() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector", e);
        }
    }

    @Override
    public void add(FramePort port) {
        switch (memoryPort(port)) {
            case MemoryUplink uplink -> {
                if (!uplink.isLost() && !isRegistered(uplink.channel())) {
                    uplink.isAwaited = true;
                    uplink.pollBy(register(uplink.channel(), uplink) ? this : null);
                    uplink.becomesBusy();
                }
            }
            case MemoryVmPort queue -> {
                if (!queue.isLost() && !queue.isPolledBy(this)) {
                    queue.isAwaited = true;
                    queue.pollBy(this);
                    if (trunks.merge(queue.trunk(), 1, Integer::sum) == 1) {
                        register(queue.trunk().channel(), queue.trunk());
                    }
                    queue.becomesBusy();
                }
            }
        }
    }

    /** False if it is closed: then the port is lost, and says so itself. */
    private boolean register(SocketChannel channel, Object whose) {
        try {
            SelectionKey present = channel.keyFor(selector);
            if (present != null && !present.isValid()) {
                selector.selectNow(_ -> {}); // forgets the cancelled key of the one that was here before
            }
            channel.register(selector, SelectionKey.OP_READ, whose);
            return true;
        } catch (ClosedChannelException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("select failed", e);
        }
    }

    private boolean isRegistered(SocketChannel channel) {
        SelectionKey present = channel.keyFor(selector);
        return present != null && present.isValid();
    }

    @Override
    public void remove(FramePort port) {
        MemoryPort memoryPort = memoryPort(port);
        boolean isHere = memoryPort.isPolledBy(this);
        memoryPort.pollBy(null);
        synchronized (lock) {
            busy.remove(memoryPort);
            memoryPort.isBusy = false;
        }
        switch (memoryPort) {
            case MemoryUplink uplink -> cancel(uplink.channel());
            case MemoryVmPort queue -> {
                if (isHere && trunks.merge(queue.trunk(), -1, (here, less) -> here == 1 ? null : here + less) == null) {
                    cancel(queue.trunk().channel());
                }
            }
        }
    }

    private void cancel(SocketChannel channel) {
        SelectionKey key = channel.keyFor(selector);
        if (key != null) {
            key.cancel();
        }
    }

    @Override
    public void setInterest(FramePort port, boolean interested) {
        MemoryPort memoryPort = memoryPort(port);
        if (memoryPort.isPolledBy(this)) {
            memoryPort.isAwaited = interested;
            memoryPort.becomesBusy();
        }
    }

    private static void setOps(SelectionKey key, boolean reads, boolean writes) {
        int ops = (reads ? SelectionKey.OP_READ : 0) | (writes ? SelectionKey.OP_WRITE : 0);
        if (ops != key.interestOps()) {
            key.interestOps(ops);
        }
    }

    private static MemoryPort memoryPort(FramePort port) {
        if (port instanceof MemoryPort memoryPort) {
            return memoryPort;
        }
        throw new IllegalArgumentException(port.name() + " is no memory port");
    }

    /** Any thread. */
    void becomesBusy(MemoryPort port) {
        synchronized (lock) {
            if (port.isBusy) {
                return;
            }
            port.isBusy = true;
            busy.add(port);
        }
        if (Thread.currentThread() != waiter) {
            selector.wakeup();
        }
    }

    @Override
    public void await(long timeoutNanos, Consumer<? super FramePort> toTell) {
        waiter = Thread.currentThread();
        trunks.keySet().forEach(this::prepare);
        boolean isReady = tellOfBusy(toTell);
        ready = toTell;
        try {
            if (isReady || timeoutNanos <= 0) {
                selector.selectNow(takeKey);
            } else {
                selector.select(takeKey, (timeoutNanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("select failed", e);
        } finally {
            ready = null;
        }
        if (!trunks.isEmpty()) {
            tellOfBusy(toTell);
        }
    }

    private void take(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        int ops = key.readyOps();
        switch (key.attachment()) {
            case MemoryUplink uplink -> {
                if ((ops & SelectionKey.OP_WRITE) != 0) {
                    uplink.flush();
                }
                if ((ops & SelectionKey.OP_READ) != 0 && ready != null) {
                    ready.accept(uplink);
                }
            }
            case MemoryTrunk trunk -> {
                if ((ops & SelectionKey.OP_WRITE) != 0) {
                    trunk.flush();
                }
                if ((ops & SelectionKey.OP_READ) != 0) {
                    trunk.read();
                }
            }
            case null, default -> throw new IllegalStateException("a key of nobody's");
        }
    }

    private void prepare(MemoryTrunk trunk) {
        trunk.flush();
        SelectionKey key = trunk.channel().keyFor(selector);
        if (key != null && key.isValid()) {
            setOps(key, true, trunk.hasOutput());
        }
    }

    /**
     * Tells the selector what to wait for of ports with sockets of their own, and whom it concerns of all ports that have frames already, which stay
     * busy; true if there are any.
     */
    private boolean tellOfBusy(Consumer<? super FramePort> toTell) {
        synchronized (lock) {
            List<MemoryPort> now = busy;
            busy = turn;
            turn = now;
            now.forEach(port -> port.isBusy = false);
        }
        boolean isReady = false;
        for (int i = 0; i < turn.size(); i++) {
            MemoryPort port = turn.get(i);
            boolean hasInput = port.hasInput();
            boolean writes = port instanceof MemoryUplink uplink && prepare(uplink);
            if (port.isAwaited && hasInput) {
                toTell.accept(port);
                isReady = true;
            }
            if (writes || (port.isAwaited && hasInput)) {
                becomesBusy(port);
            }
        }
        turn.clear();
        return isReady;
    }

    /** True if the socket did not take all. */
    private boolean prepare(MemoryUplink uplink) {
        uplink.flush();
        SelectionKey key = uplink.channel().keyFor(selector);
        if (uplink.isLost() || key == null || !key.isValid()) {
            return false;
        }
        boolean writes = uplink.hasOutput();
        setOps(key, uplink.isAwaited, writes);
        return writes;
    }

    @Override
    public void wakeUp() {
        selector.wakeup();
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the selector", e);
        }
    }
}
