package io.portcullis.ports.memory;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
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
    /** Ports that may still have something to send, or that hold frames which the last burst had no room for. */
    private final List<MemoryPort> busy = new ArrayList<>();

    private final Consumer<SelectionKey> takeKey = this::take;
    private @Nullable Consumer<? super FramePort> ready;

    public SelectorPoller() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector", e);
        }
    }

    @Override
    public void add(FramePort port) {
        MemoryPort memoryPort = memoryPort(port);
        SelectionKey present = memoryPort.channel().keyFor(selector);
        if (memoryPort.isLost() || (present != null && present.isValid())) {
            return;
        }
        try {
            memoryPort.channel().register(selector, SelectionKey.OP_READ, memoryPort);
            memoryPort.tellBusy(busy::add);
        } catch (ClosedChannelException e) {
            // It is lost, and says so itself.
            memoryPort.tellBusy(null);
        }
    }

    @Override
    public void remove(FramePort port) {
        MemoryPort memoryPort = memoryPort(port);
        memoryPort.tellBusy(null);
        busy.remove(memoryPort);
        SelectionKey key = memoryPort.channel().keyFor(selector);
        if (key != null) {
            key.cancel();
        }
    }

    @Override
    public void setInterest(FramePort port, boolean interested) {
        MemoryPort memoryPort = memoryPort(port);
        SelectionKey key = memoryPort.channel().keyFor(selector);
        if (key != null && key.isValid()) {
            setOps(key, interested, (key.interestOps() & SelectionKey.OP_WRITE) != 0);
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

    @Override
    public void await(long timeoutNanos, Consumer<? super FramePort> toTell) {
        boolean isReady = prepare(toTell);
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
    }

    private void take(SelectionKey key) {
        if (!key.isValid() || !(key.attachment() instanceof MemoryPort port)) {
            return;
        }
        int ops = key.readyOps();
        if ((ops & SelectionKey.OP_WRITE) != 0) {
            port.flush();
        }
        if ((ops & SelectionKey.OP_READ) != 0 && ready != null) {
            ready.accept(port);
        }
    }

    /** Tells the selector what to wait for, and whom it concerns of ports that have frames already; true if there are any. */
    private boolean prepare(Consumer<? super FramePort> toTell) {
        boolean isReady = false;
        int kept = 0;
        for (int i = 0; i < busy.size(); i++) {
            MemoryPort port = busy.get(i);
            SelectionKey key = port.channel().keyFor(selector);
            if (port.isLost() || key == null || !key.isValid()) {
                port.isBusy = false;
                continue;
            }
            boolean reads = (key.interestOps() & SelectionKey.OP_READ) != 0;
            port.flush();
            boolean writes = port.hasOutput();
            boolean hasInput = port.hasInput();
            if (!port.isLost()) {
                setOps(key, reads, writes);
            }
            if (reads && hasInput) {
                toTell.accept(port);
                isReady = true;
            }
            if (writes || hasInput) {
                busy.set(kept++, port);
            } else {
                port.isBusy = false;
            }
        }
        busy.subList(kept, busy.size()).clear();
        return isReady;
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
