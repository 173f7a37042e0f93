package io.portcullis.datapath.runtime;

import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Group frames reach both hosts of a cut-over. One of them notes what it delivered, the other takes those out of what it
 * held, so that the VM gets each of them once. Frames are told apart by a 64-bit hash of their bytes.
 */
final class GroupLedger {
    private static final long GROUP_BIT = 1L << 40;
    private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private final List<Long> hashes = new ArrayList<>();

    /** Answers false if the ledger is full. */
    boolean note(long hash) {
        return hashes.size() < TunnelCodec.MAX_GROUP_FRAMES && hashes.add(hash);
    }

    List<Long> hashes() {
        return hashes;
    }

    static boolean isGroup(Burst burst, int index) {
        return (Wire.u48(burst.memory(), burst.offset(index)) & GROUP_BIT) != 0;
    }

    /** FNV-1a over the frame, without its virtio-net header. */
    static long hash(Burst burst, int index) {
        return hash(burst.memory(), burst.offset(index), burst.length(index));
    }

    private static long hash(MemorySegment memory, long start, int lengthBytes) {
        long hash = OFFSET_BASIS;
        for (int i = 0; i < lengthBytes; i++) {
            hash = (hash ^ Wire.u8(memory, start + i)) * PRIME;
        }
        return hash;
    }

    /** Counts a frame that came back through the tunnel, if it is a group frame. */
    static void noteReturned(Counts counts, TunnelMessage.Frame frame) {
        int start = Burst.VNET_HEADER_BYTES;
        if ((Wire.u48(frame.bytes(), start) & GROUP_BIT) != 0) {
            counts.add(hash(frame.bytes(), start, (int) frame.bytes().byteSize() - start));
        }
    }

    /** How often each frame was delivered by the other side. */
    static final class Counts {
        private final Map<Long, Integer> counts = new HashMap<>();

        Counts(List<Long> hashes) {
            hashes.forEach(this::add);
        }

        void add(long hash) {
            counts.merge(hash, 1, Integer::sum);
        }

        /** Whether the frame was delivered; each delivery counts once. */
        boolean take(Burst burst, int index) {
            if (counts.isEmpty() || !isGroup(burst, index)) {
                return false;
            }
            long hash = hash(burst, index);
            Integer left = counts.get(hash);
            if (left == null) {
                return false;
            }
            if (left == 1) {
                counts.remove(hash);
            } else {
                counts.put(hash, left - 1);
            }
            return true;
        }
    }
}
