package io.portcullis.datapath.port;

import io.portcullis.datapath.memory.NativeMemory;

/**
 * What the virtio-net header in front of a frame of a {@link Burst} says about its transport checksum (struct virtio_net_hdr in
 * include/uapi/linux/virtio_net.h; Virtio 1.3, 5.1.6). Addresses are those of Ethernet headers. Stateless, no allocation.
 */
public final class VnetHeader {
    /** The sender left the checksum to be completed by whoever puts the frame on a wire. */
    public static final int NEEDS_CSUM = 1;
    /** Somebody has verified the checksum. */
    public static final int DATA_VALID = 2;

    private static final int FLAGS = -Burst.VNET_HEADER_BYTES;
    private static final int VOUCHING_FLAGS = NEEDS_CSUM | DATA_VALID;
    /** Segmentation type, beside the flags: its segments get checksums of their own. */
    private static final int SEGMENTED = 0xff00;

    private VnetHeader() {}

    /** Whether there is nothing to verify: the checksum is verified already, or incomplete, or there will be another for each segment. */
    public static boolean vouches(long frameAddress) {
        return (NativeMemory.getShort(frameAddress + FLAGS) & (VOUCHING_FLAGS | SEGMENTED)) != 0;
    }

    /** Says that the checksum of a frame is right, for those who meet the frame later. */
    public static void setValid(long frameAddress) {
        NativeMemory.setByte(frameAddress + FLAGS, NativeMemory.getByte(frameAddress + FLAGS) | DATA_VALID);
    }

    /** {@link #setValid} for all frames of a burst that nothing vouches for. */
    public static void setAllValid(Burst burst) {
        long base = burst.memory().address();
        for (int i = 0; i < burst.count(); i++) {
            long at = base + burst.offset(i);
            if (!vouches(at)) {
                setValid(at);
            }
        }
    }
}
