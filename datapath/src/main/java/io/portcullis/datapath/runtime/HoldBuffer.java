package io.portcullis.datapath.runtime;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Frames of one vNIC in the order of their arrival, with their virtio-net headers, bounded in bytes and in number. Its
 * memory is taken in slabs while frames come and given back when they leave. One thread.
 */
final class HoldBuffer {
    private static final int SLAB_BYTES = 1 << 18;
    private static final ValueLayout.OfInt LENGTH = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int LENGTH_BYTES = 4;

    /** Memory that frames are appended to; freed whole when its last frame has left. */
    private static final class Slab {
        final NativeMemory.Piece piece = NativeMemory.allocate(SLAB_BYTES);
        final MemorySegment memory = piece.segment(SLAB_BYTES);
        int readAt;
        int writeAt;

        boolean fits(int bytes) {
            return writeAt + bytes <= SLAB_BYTES;
        }
    }

    private final long maxBytes;
    private final int maxFrames;
    /** Null before the first frame. */
    private @Nullable ArrayDeque<Slab> slabs;

    private long bytes;
    private int frames;

    HoldBuffer(long maxBytes, int maxFrames) {
        this.maxBytes = maxBytes;
        this.maxFrames = maxFrames;
    }

    int frames() {
        return frames;
    }

    boolean isEmpty() {
        return frames == 0;
    }

    /** Answers false if the buffer is full; the frame was not taken. */
    boolean offer(MemorySegment memory, long offset, int lengthBytes) {
        int needed = LENGTH_BYTES + Burst.VNET_HEADER_BYTES + lengthBytes;
        if (frames == maxFrames || bytes + needed > maxBytes) {
            return false;
        }
        ArrayDeque<Slab> all = slabs();
        Slab slab = all.peekLast();
        if (slab == null || !slab.fits(needed)) {
            slab = new Slab();
            all.add(slab);
        }
        slab.memory.set(LENGTH, slab.writeAt, lengthBytes);
        MemorySegment.copy(
                memory,
                offset - Burst.VNET_HEADER_BYTES,
                slab.memory,
                (long) slab.writeAt + LENGTH_BYTES,
                (long) Burst.VNET_HEADER_BYTES + lengthBytes);
        slab.writeAt += needed;
        bytes += needed;
        frames++;
        return true;
    }

    /** Moves the oldest frames to a burst while it has room. */
    void drainTo(Burst burst) {
        while (frames > 0 && burst.hasRoom()) {
            Slab slab = slabs().element();
            int length = slab.memory.get(LENGTH, slab.readAt);
            burst.append(slab.memory, (long) slab.readAt + LENGTH_BYTES + Burst.VNET_HEADER_BYTES, length);
            int taken = LENGTH_BYTES + Burst.VNET_HEADER_BYTES + length;
            slab.readAt += taken;
            bytes -= taken;
            frames--;
            if (slab.readAt == slab.writeAt) {
                slabs().remove().piece.free();
            }
        }
    }

    private ArrayDeque<Slab> slabs() {
        ArrayDeque<Slab> present = slabs;
        if (present == null) {
            present = new ArrayDeque<>();
            slabs = present;
        }
        return present;
    }

    void clear() {
        if (slabs != null) {
            slabs.forEach(slab -> slab.piece.free());
            slabs = null;
        }
        bytes = 0;
        frames = 0;
    }
}
