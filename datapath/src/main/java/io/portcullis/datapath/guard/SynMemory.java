package io.portcullis.datapath.guard;

import io.portcullis.datapath.packet.PacketView;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the SYNs that were put off, to know their retransmissions. A Bloom filter per second and {@value #SLICES} of them in turn: a SYN is
 * known if it came in an earlier slice, that is up to 1 second ago at the least and {@value #SLICES} at the most; TCP sends it again after 1
 * second (RFC 6298), old systems after 3. A filter has {@value #BITS} bits, two per SYN: at 200,000 SYNs a second one in 30 unknown SYNs is taken for a
 * known one, at 1 million every second one; a known one is never forgotten too early. Takes no memory before its first use. One thread.
 */
final class SynMemory {
    static final int SLICES = 5;
    static final int BITS = 1 << 22;
    static final long SLICE_NANOS = 1_000_000_000L;

    private final long seed;
    private long @Nullable [] @Nullable [] filters;
    private long slice;

    SynMemory(long seed) {
        this.seed = seed;
    }

    /** Whether this SYN came before; notes it in any case. */
    boolean knows(PacketView syn, long nowNanos) {
        long[][] all = turn(nowNanos);
        long hash = hash(syn);
        int a = (int) hash & BITS - 1;
        int b = (int) (hash >>> 32) & BITS - 1;
        int current = Math.floorMod(slice, SLICES);
        boolean isKnown = false;
        for (int i = 0; i < SLICES; i++) {
            isKnown |= i != current && has(all[i], a) && has(all[i], b);
        }
        all[current][a >>> 6] |= 1L << a;
        all[current][b >>> 6] |= 1L << b;
        return isKnown;
    }

    private static boolean has(long[] filter, int bit) {
        return (filter[bit >>> 6] & 1L << bit) != 0;
    }

    /** Empties the slices that have begun since the last call. */
    private long[][] turn(long nowNanos) {
        long now = Math.floorDiv(nowNanos, SLICE_NANOS);
        long[][] all = filters;
        if (all == null) {
            all = new long[SLICES][BITS >>> 6];
            filters = all;
            slice = now;
        }
        long passed = Math.clamp(now - slice, 0, SLICES);
        for (long i = 0; i < passed; i++) {
            Arrays.fill(all[Math.floorMod(now - i, SLICES)], 0);
        }
        slice = Math.max(slice, now);
        return all;
    }

    /** Of both ends and the initial sequence number: a new attempt is no retransmission. */
    private long hash(PacketView syn) {
        long hash = mix(seed ^ syn.sourceHigh);
        hash = mix(hash ^ syn.sourceLow);
        hash = mix(hash ^ syn.destinationHigh);
        hash = mix(hash ^ syn.destinationLow);
        hash = mix(hash ^ ((long) syn.sourcePort << 16 | syn.destinationPort));
        return mix(hash ^ Integer.toUnsignedLong(syn.tcpSequence));
    }

    /** The finalizer of MurmurHash3. */
    private static long mix(long value) {
        long mixed = (value ^ value >>> 33) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ mixed >>> 33;
    }
}
