package io.portcullis.datapath.runtime;

import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Pushes and pops the VLAN tag of a segment (IEEE 802.1Q) in place. The frame's virtio-net header moves with its first
 * bytes, and the header's offsets that count from the start of the frame are shifted (struct virtio_net_hdr in
 * include/uapi/linux/virtio_net.h: csum_start when NEEDS_CSUM is set, hdr_len when the frame is a segmentation-offload
 * one).
 */
final class FrameTags {
    /** Shortest frame that has an Ethernet header. */
    static final int ETHERNET_BYTES = 14;

    static final int TAG_BYTES = 4;
    static final int NO_VLAN = -1;

    private static final int MACS_BYTES = 12;
    private static final int VLAN_ID_MASK = 0xfff;

    private static final int VNET_FLAGS = 0;
    private static final int VNET_GSO_TYPE = 1;
    private static final int VNET_HDR_LEN = 2;
    private static final int VNET_CSUM_START = 6;
    private static final int VNET_NEEDS_CSUM = 1;
    private static final ValueLayout.OfShort NATIVE_SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private FrameTags() {}

    /** VLAN id of a frame whose outermost tag is an 802.1Q one, else {@link #NO_VLAN}. */
    static int vlanOf(Burst burst, int index) {
        int offset = burst.offset(index);
        if (burst.length(index) < ETHERNET_BYTES + TAG_BYTES
                || Wire.u16(burst.memory(), offset + MACS_BYTES) != EtherTypes.VLAN) {
            return NO_VLAN;
        }
        return Wire.u16(burst.memory(), offset + ETHERNET_BYTES) & VLAN_ID_MASK;
    }

    /** Call once per frame at most: the headroom holds one tag. */
    static void push(Burst burst, int index, int vlan) {
        MemorySegment memory = burst.memory();
        int offset = burst.offset(index);
        moveStart(memory, offset, -TAG_BYTES);
        Wire.put16(memory, offset + MACS_BYTES - TAG_BYTES, EtherTypes.VLAN);
        Wire.put16(memory, offset + MACS_BYTES - TAG_BYTES + 2, vlan);
        burst.adjust(index, -TAG_BYTES);
        shiftOffload(memory, burst.offset(index), TAG_BYTES);
    }

    /** Call only for a frame that has a tag. */
    static void pop(Burst burst, int index) {
        MemorySegment memory = burst.memory();
        moveStart(memory, burst.offset(index), TAG_BYTES);
        burst.adjust(index, TAG_BYTES);
        shiftOffload(memory, burst.offset(index), -TAG_BYTES);
    }

    /** Moves virtio-net header and MAC addresses, which stand side by side. */
    private static void moveStart(MemorySegment memory, int offset, int deltaBytes) {
        int start = offset - Burst.VNET_HEADER_BYTES;
        MemorySegment.copy(
                memory, start, memory, (long) start + deltaBytes, (long) Burst.VNET_HEADER_BYTES + MACS_BYTES);
    }

    private static void shiftOffload(MemorySegment memory, int offset, int deltaBytes) {
        int header = offset - Burst.VNET_HEADER_BYTES;
        if ((Wire.u8(memory, header + VNET_FLAGS) & VNET_NEEDS_CSUM) != 0) {
            addNative(memory, header + VNET_CSUM_START, deltaBytes);
        }
        if (Wire.u8(memory, header + VNET_GSO_TYPE) != 0) {
            addNative(memory, header + VNET_HDR_LEN, deltaBytes);
        }
    }

    private static void addNative(MemorySegment memory, long at, int delta) {
        memory.set(NATIVE_SHORT, at, (short) (memory.get(NATIVE_SHORT, at) + delta));
    }
}
