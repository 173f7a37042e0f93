package io.portcullis.ports.memory;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.LinkedHashMap;
import java.util.Map;

/** Waits for memory ports, and writes on what their sockets could not take at once. Resolution one millisecond. */
public final class SelectorPoller implements Poller {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Selector selector;
    /** The ports and whether the loop wants their frames. */
    private final Map<MemoryPort, Boolean> ports = new LinkedHashMap<>();

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
        if (ports.putIfAbsent(memoryPort, true) == null && !memoryPort.isLost()) {
            try {
                memoryPort.channel().register(selector, 0);
            } catch (ClosedChannelException e) {
                ports.remove(memoryPort);
            }
        }
    }

    @Override
    public void remove(FramePort port) {
        MemoryPort memoryPort = memoryPort(port);
        ports.remove(memoryPort);
        SelectionKey key = memoryPort.channel().keyFor(selector);
        if (key != null) {
            key.cancel();
        }
    }

    @Override
    public void setInterest(FramePort port, boolean interested) {
        ports.replace(memoryPort(port), interested);
    }

    private static MemoryPort memoryPort(FramePort port) {
        if (port instanceof MemoryPort memoryPort) {
            return memoryPort;
        }
        throw new IllegalArgumentException(port.name() + " is no memory port");
    }

    @Override
    public void await(long timeoutNanos) {
        boolean ready = prepare();
        try {
            if (ready || timeoutNanos <= 0) {
                selector.selectNow();
            } else {
                selector.select((timeoutNanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("select failed", e);
        }
        selector.selectedKeys().clear();
        for (MemoryPort port : ports.keySet()) {
            port.flush();
        }
    }

    /** Tells the selector what to wait for; true if some port has frames already. */
    private boolean prepare() {
        boolean ready = false;
        for (Map.Entry<MemoryPort, Boolean> entry : ports.entrySet()) {
            MemoryPort port = entry.getKey();
            SelectionKey key = port.channel().keyFor(selector);
            if (port.isLost() || key == null || !key.isValid()) {
                continue;
            }
            boolean interested = entry.getValue();
            key.interestOps((interested ? SelectionKey.OP_READ : 0) | (port.hasOutput() ? SelectionKey.OP_WRITE : 0));
            ready |= interested && port.hasInput();
        }
        return ready;
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
