package io.portcullis.ports.memory;

import io.portcullis.datapath.port.FramePort;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A host's end of something on the fabric: its uplink, or a queue of a VM's port. */
abstract sealed class MemoryPort implements FramePort permits MemoryUplink, MemoryVmPort {
    private final String name;
    /** Who waits for the port. */
    private volatile @Nullable SelectorPoller poller;

    /** Whether the poller was told that it is busy; the poller's own. */
    boolean isBusy;
    /** Whether the poller waits for frames of it; the poller's own. */
    boolean isAwaited;

    long received;
    long sent;
    long refusedFull;
    long refusedLost;

    MemoryPort(String name) {
        this.name = name;
    }

    @Override
    public final String name() {
        return name;
    }

    final void pollBy(@Nullable SelectorPoller newPoller) {
        poller = newPoller;
    }

    final boolean isPolledBy(SelectorPoller asked) {
        return poller == asked;
    }

    /** Whoever waits for the port is told when frames have come, or something was left over. */
    final void becomesBusy() {
        SelectorPoller waiting = poller;
        if (waiting != null) {
            waiting.becomesBusy(this);
        }
    }

    /** Whether the fabric is gone; such a port never has frames again. */
    abstract boolean isLost();

    /** Whether {@link #receive} would find something without asking the socket. */
    abstract boolean hasInput();

    @Override
    public final Map<String, Long> counters() {
        Map<String, Long> counters = new LinkedHashMap<>();
        counters.put("received", received);
        counters.put("sent", sent);
        counters.put("refused-full", refusedFull);
        counters.put("refused-lost", refusedLost);
        counters.put("gone", isLost() ? 1L : 0L);
        return counters;
    }
}
