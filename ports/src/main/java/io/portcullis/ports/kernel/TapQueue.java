package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A queue of a TAP device, for a while perhaps two: a frame per read and write, each with its virtio-net header. Reads and
 * writes are immediate, so a queue is drained when a read finds nothing, or after as many frames as the kernel keeps for it.
 */
abstract sealed class TapQueue implements FramePort permits TapPort, TapUplink {
    private static final int SHORTEST_FRAME_BYTES = 14;

    private TapDevice device;
    /** Read only when {@link #device} has nothing. */
    private @Nullable TapDevice second;

    private @Nullable Consumer<TapQueue> maintainer;
    private boolean closed;
    private boolean gone;
    private boolean drained = true;
    private long framesUntilDrained;

    private long received;
    private long sent;
    private long runts;
    private long refusedDown;
    private long refusedFull;
    private long refusedOther;

    TapQueue(TapDevice device) {
        this.device = device;
    }

    @Override
    public String name() {
        return device.where().toString();
    }

    /** Whether the device was deleted under the queue; it never has frames again. */
    public boolean isGone() {
        return gone;
    }

    final TapDevice device() {
        return device;
    }

    final @Nullable TapDevice second() {
        return second;
    }

    /** Chooses what is read and in which order; the first one is written to. */
    final void read(TapDevice first, @Nullable TapDevice then) {
        device = first;
        second = then;
    }

    /** Does what became due, called before each wait; true if the descriptors are others now. */
    boolean maintain() {
        return false;
    }

    /** Whether {@link #maintain} will have something to do soon, so that waits should be short. */
    boolean needsMaintenance() {
        return false;
    }

    /** Whoever waits for the queue is told when it begins to need maintenance. */
    final void onMaintenance(@Nullable Consumer<TapQueue> listener) {
        maintainer = listener;
        beginsMaintenance();
    }

    final void beginsMaintenance() {
        if (maintainer != null && needsMaintenance()) {
            maintainer.accept(this);
        }
    }

    /** A read of the first or the second queue found so many frames. */
    void onRead(boolean first, int frames, boolean emptied) {}

    void markGone() {
        gone = true;
        drained = true;
    }

    @Override
    public int receive(Burst burst) {
        boolean emptied = true;
        int count = 0;
        TapDevice then = second;
        if (!gone && !closed) {
            int before = burst.count();
            emptied = receive(device, true, burst);
            if (emptied && then != null && !gone) {
                emptied = receive(then, false, burst);
            }
            count = burst.count() - before;
        }
        received += count;
        framesUntilDrained -= count;
        if (emptied || framesUntilDrained <= 0) {
            drained = true;
        }
        return count;
    }

    /** True when the queue has no more frames, false when the burst has no more room. */
    private boolean receive(TapDevice queue, boolean first, Burst burst) {
        long base = burst.memory().address();
        int before = burst.count();
        while (burst.hasRoom()) {
            long address = base + burst.nextOffset() - Burst.VNET_HEADER_BYTES;
            long bytes = Libc.read(queue.fd(), address, Burst.VNET_HEADER_BYTES + Burst.MAX_FRAME_BYTES);
            if (bytes >= Burst.VNET_HEADER_BYTES + SHORTEST_FRAME_BYTES) {
                burst.commit((int) bytes - Burst.VNET_HEADER_BYTES);
            } else if (bytes >= 0) {
                runts++;
            } else if (bytes != -Errno.EINTR) {
                if (bytes != -Errno.EAGAIN) {
                    markGone();
                }
                onRead(first, burst.count() - before, true);
                return true;
            }
        }
        onRead(first, burst.count() - before, false);
        return false;
    }

    @Override
    public boolean send(MemorySegment memory, long offset, int lengthBytes) {
        long start = offset - Burst.VNET_HEADER_BYTES;
        long bytes = (long) lengthBytes + Burst.VNET_HEADER_BYTES;
        if (!memory.isNative() || start < 0 || start + bytes > memory.byteSize()) {
            throw new IllegalArgumentException(
                    "frame at " + offset + " of " + lengthBytes + " bytes is not in native memory");
        }
        if (closed) {
            refusedOther++;
            return false;
        }
        long written;
        do {
            written = Libc.write(device.fd(), memory.address() + start, bytes);
        } while (written == -Errno.EINTR);
        if (written == bytes) {
            sent++;
            return true;
        }
        switch ((int) -written) {
            case Errno.EIO, Errno.EBADFD, Errno.ENETDOWN -> refusedDown++;
            case Errno.EAGAIN, Errno.ENOBUFS -> refusedFull++;
            default -> refusedOther++;
        }
        return false;
    }

    @Override
    public void flush() {
        // Every write has reached the kernel.
    }

    @Override
    public void requestDrain() {
        drained = gone || closed;
        framesUntilDrained = (second == null ? 1L : 2L) * device.queueLimitFrames();
    }

    @Override
    public boolean isDrained() {
        return drained;
    }

    @Override
    public Map<String, Long> counters() {
        Map<String, Long> counters = new LinkedHashMap<>();
        counters.put("received", received);
        counters.put("sent", sent);
        counters.put("runts", runts);
        counters.put("refused-down", refusedDown);
        counters.put("refused-full", refusedFull);
        counters.put("refused-other", refusedOther);
        counters.put("gone", gone ? 1L : 0L);
        return counters;
    }

    /** Throws away what the queue still holds: drain first. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            // The last index first, so that nothing is renumbered.
            if (second != null) {
                second.close();
            }
            device.close();
        }
    }
}
