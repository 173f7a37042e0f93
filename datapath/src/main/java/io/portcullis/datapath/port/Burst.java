package io.portcullis.datapath.port;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Up to {@value #MAX_FRAMES} frames in one flat native memory. Owned by one thread.
 *
 * <p>Each frame has {@link #HEADROOM} writable bytes in front of it. The last {@link #VNET_HEADER_BYTES} of them are always
 * its virtio-net header (struct virtio_net_hdr, native byte order; all zero where the port knows no offload), so that
 * header and frame are contiguous for one read or write call. A VLAN tag is pushed by moving the first bytes of header and
 * frame forward into the headroom.
 */
public final class Burst {
    public static final int MAX_FRAMES = 256;
    /** sizeof(struct virtio_net_hdr) without mergeable buffers. */
    public static final int VNET_HEADER_BYTES = 10;
    /** Bytes in front of each frame: the virtio-net header, one VLAN tag, alignment of the IP header. */
    public static final int HEADROOM = 30;
    /** Largest frame: a 64 KiB segmentation-offload frame with Ethernet and two VLAN tags. */
    public static final int MAX_FRAME_BYTES = 65_535 + 14 + 8;
    /** Memory of a burst; a burst ends early when the next largest frame might not fit. */
    public static final int BYTES = 1 << 20;

    private static final int ALIGNMENT = 64;

    private final MemorySegment memory;
    private final int[] offsets = new int[MAX_FRAMES];
    private final int[] lengths = new int[MAX_FRAMES];
    private int count;
    private int end;

    public Burst(Arena arena) {
        memory = arena.allocate(BYTES, ALIGNMENT);
    }

    public MemorySegment memory() {
        return memory;
    }

    /** Number of frames. */
    public int count() {
        return count;
    }

    /** Offset in {@link #memory()} of the first byte of the Ethernet header of frame {@code index}. */
    public int offset(int index) {
        return offsets[index];
    }

    /** Length of frame {@code index} in bytes, from the Ethernet header on. */
    public int length(int index) {
        return lengths[index];
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /** Whether one more frame of the largest size fits. */
    public boolean hasRoom() {
        return count < MAX_FRAMES && end + HEADROOM + MAX_FRAME_BYTES <= BYTES;
    }

    /** Where the next frame's Ethernet header belongs; its headroom is in front. Call only if {@link #hasRoom()}. */
    public int nextOffset() {
        return end + HEADROOM;
    }

    /** Adds the frame that was written at {@link #nextOffset()} with its virtio-net header in front. */
    public void commit(int lengthBytes) {
        if (lengthBytes < 0 || lengthBytes > MAX_FRAME_BYTES) {
            throw new IllegalArgumentException("frame of " + lengthBytes + " bytes");
        }
        offsets[count] = nextOffset();
        lengths[count] = lengthBytes;
        count++;
        end = nextOffset() + lengthBytes + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** Copies a frame with its virtio-net header (source offset points at the Ethernet header). */
    public void append(MemorySegment source, long offset, int lengthBytes) {
        MemorySegment.copy(
                source,
                offset - VNET_HEADER_BYTES,
                memory,
                (long) nextOffset() - VNET_HEADER_BYTES,
                (long) lengthBytes + VNET_HEADER_BYTES);
        commit(lengthBytes);
    }

    /** Moves the start of frame {@code index}, after a VLAN tag was pushed (negative) or popped (positive). */
    public void adjust(int index, int deltaBytes) {
        offsets[index] += deltaBytes;
        lengths[index] -= deltaBytes;
    }

    public void clear() {
        count = 0;
        end = 0;
    }
}
