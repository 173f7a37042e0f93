package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One queue of a TAP device: a frame per read and write, each with its virtio-net header. Reads and writes are immediate, so a
 * queue is drained when a read finds nothing, or after as many frames as the kernel keeps for a queue.
 */
abstract sealed class TapQueue implements FramePort permits TapPort, TapUplink {
    private static final int SHORTEST_FRAME_BYTES = 14;

    final TapDevice device;
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

    int fd() {
        return device.fd();
    }

    void markGone() {
        gone = true;
        drained = true;
    }

    @Override
    public int receive(Burst burst) {
        long base = burst.memory().address();
        int count = 0;
        while (!gone && !closed && burst.hasRoom()) {
            long address = base + burst.nextOffset() - Burst.VNET_HEADER_BYTES;
            long bytes = Libc.read(device.fd(), address, Burst.VNET_HEADER_BYTES + Burst.MAX_FRAME_BYTES);
            if (bytes < 0) {
                if (bytes == -Errno.EINTR) {
                    continue;
                }
                if (bytes == -Errno.EAGAIN) {
                    drained = true;
                } else {
                    markGone();
                }
                break;
            }
            if (bytes < Burst.VNET_HEADER_BYTES + SHORTEST_FRAME_BYTES) {
                runts++;
                continue;
            }
            burst.commit((int) bytes - Burst.VNET_HEADER_BYTES);
            count++;
        }
        received += count;
        framesUntilDrained -= count;
        if (framesUntilDrained <= 0) {
            drained = true;
        }
        return count;
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
        framesUntilDrained = device.queueLimitFrames();
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
            device.close();
        }
    }
}
