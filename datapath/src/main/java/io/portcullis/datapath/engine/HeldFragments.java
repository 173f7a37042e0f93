package io.portcullis.datapath.engine;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Copies of later fragments that came before their first one, in chains, one for each datagram. Bounded: {@value #SLOTS} frames of at
 * most {@value #SLOT_BYTES} bytes; memory is taken when the first frame is held. One thread.
 */
final class HeldFragments implements AutoCloseable {
    /** A datagram of 64 KiB in reverse order has 44 fragments of an Ethernet frame. */
    static final int SLOTS = 64;
    /** Holds every frame of the usual MTUs, jumbo frames too. */
    static final int SLOT_BYTES = 16 * 1024;

    static final int NONE = -1;

    private final int[] next = new int[SLOTS];
    private final int[] lengths = new int[SLOTS];
    private int free = 0;
    private final Arena arena = Arena.ofShared();
    private MemorySegment memory = MemorySegment.NULL;

    HeldFragments() {
        for (int slot = 0; slot < SLOTS; slot++) {
            next[slot] = slot + 1 < SLOTS ? slot + 1 : NONE;
        }
    }

    /**
     * Copies the packet's frame in front of a chain.
     *
     * @return the chain's new head, or {@link #NONE} if there is no room for the frame
     */
    int add(PacketView packet, int head) {
        int bytes = packet.frameLength + Burst.VNET_HEADER_BYTES;
        if (free == NONE || bytes > SLOT_BYTES) {
            return NONE;
        }
        if (memory.byteSize() == 0) {
            memory = arena.allocate((long) SLOTS * SLOT_BYTES, 64);
        }
        int slot = free;
        free = next[slot];
        next[slot] = head;
        lengths[slot] = packet.frameLength;
        MemorySegment.copy(
                packet.memory,
                (long) packet.frameOffset - Burst.VNET_HEADER_BYTES,
                memory,
                (long) slot * SLOT_BYTES,
                bytes);
        return slot;
    }

    /**
     * Sends a chain's frames on and gives its room back.
     *
     * @return how many found no room in the burst and are lost
     */
    int release(int head, Burst target) {
        int lost = 0;
        for (int slot = head; slot != NONE; slot = next[slot]) {
            if (target.hasRoom()) {
                target.append(memory, (long) slot * SLOT_BYTES + Burst.VNET_HEADER_BYTES, lengths[slot]);
            } else {
                lost++;
            }
        }
        discard(head);
        return lost;
    }

    /** Gives a chain's room back; answers how many frames it held. */
    int discard(int head) {
        int count = 0;
        int slot = head;
        while (slot != NONE) {
            int following = next[slot];
            next[slot] = free;
            free = slot;
            slot = following;
            count++;
        }
        return count;
    }

    @Override
    public void close() {
        arena.close();
    }
}
