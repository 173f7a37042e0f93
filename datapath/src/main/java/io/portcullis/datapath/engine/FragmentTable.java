package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;

/**
 * Remembers the first fragments that were allowed, so that the later ones of the same datagram pass too. Fixed memory:
 * {@value #ENTRIES} datagrams in sets of {@value #WAYS}; a full set forgets its oldest. A later fragment that overlaps what
 * the first one held never passes, so that no header can be rewritten behind the firewall (RFC 1858, 3128, 5722).
 * One thread, no allocation per call.
 */
final class FragmentTable {
    static final int ENTRIES = 128;
    static final int WAYS = 4;
    /** How long a receiver waits for the rest of a datagram (Linux: net.ipv4.ipfrag_time). */
    static final long LIFETIME_NANOS = 30_000_000_000L;

    private static final int WORDS = 5;

    /** Per entry: both addresses, and id, protocol and direction in one word. */
    private final long[] keys = new long[ENTRIES * WORDS];

    private final long[] seenNanos = new long[ENTRIES];
    /** Where the first fragment's payload ended; 0 for an empty entry. */
    private final int[] coveredBytes = new int[ENTRIES];

    private final long hashSeed;
    private long evicted;

    FragmentTable(long hashSeed) {
        this.hashSeed = hashSeed;
    }

    /** Notes a first fragment whose datagram is allowed. */
    void admit(PacketView packet, Direction direction, long nowNanos) {
        int known = find(packet, direction, nowNanos);
        if (known >= 0) {
            // a repeated first fragment must not uncover what an earlier one held
            coveredBytes[known] = Math.max(coveredBytes[known], packet.fragmentLength);
            seenNanos[known] = nowNanos;
            return;
        }
        int entry = freeOrOldest(set(packet, direction), nowNanos);
        int key = entry * WORDS;
        keys[key] = packet.sourceHigh;
        keys[key + 1] = packet.sourceLow;
        keys[key + 2] = packet.destinationHigh;
        keys[key + 3] = packet.destinationLow;
        keys[key + 4] = identity(packet, direction);
        coveredBytes[entry] = packet.fragmentLength;
        seenNanos[entry] = nowNanos;
    }

    /** Whether a later fragment belongs to an allowed datagram and begins behind its first fragment. */
    boolean passes(PacketView packet, Direction direction, long nowNanos) {
        int entry = find(packet, direction, nowNanos);
        return entry >= 0 && packet.fragmentOffset >= coveredBytes[entry];
    }

    /** Whether the first fragment of the datagram was allowed here. */
    boolean knows(PacketView packet, Direction direction, long nowNanos) {
        return find(packet, direction, nowNanos) >= 0;
    }

    /** Entries that were forgotten before their time because their set was full. */
    long evicted() {
        return evicted;
    }

    private int find(PacketView packet, Direction direction, long nowNanos) {
        int set = set(packet, direction);
        for (int i = set; i < set + WAYS; i++) {
            if (!isFree(i, nowNanos) && matches(i, packet, direction)) {
                return i;
            }
        }
        return -1;
    }

    private int freeOrOldest(int set, long nowNanos) {
        int oldest = set;
        for (int i = set; i < set + WAYS; i++) {
            if (isFree(i, nowNanos)) {
                return i;
            }
            if (seenNanos[i] - seenNanos[oldest] < 0) {
                oldest = i;
            }
        }
        evicted++;
        return oldest;
    }

    private boolean isFree(int entry, long nowNanos) {
        return coveredBytes[entry] == 0 || nowNanos - seenNanos[entry] > LIFETIME_NANOS;
    }

    private boolean matches(int entry, PacketView packet, Direction direction) {
        int key = entry * WORDS;
        return keys[key + 4] == identity(packet, direction)
                && keys[key + 1] == packet.sourceLow
                && keys[key + 3] == packet.destinationLow
                && keys[key] == packet.sourceHigh
                && keys[key + 2] == packet.destinationHigh;
    }

    /** RFC 791 identifies a datagram by addresses, protocol and id; RFC 8200 by addresses and id. */
    private static long identity(PacketView packet, Direction direction) {
        boolean isIpv4 = packet.family == IpFamily.IPV4;
        long protocol = isIpv4 ? packet.protocol : 0x100;
        return ((packet.fragmentId & 0xffff_ffffL) << 16) | (protocol << 1) | (direction == Direction.IN ? 1 : 0);
    }

    private int set(PacketView packet, Direction direction) {
        long hash = hashSeed;
        hash = mix(hash ^ packet.sourceHigh);
        hash = mix(hash ^ packet.sourceLow);
        hash = mix(hash ^ packet.destinationHigh);
        hash = mix(hash ^ packet.destinationLow);
        hash = mix(hash ^ identity(packet, direction));
        return (int) (hash >>> 32) & (ENTRIES - WAYS);
    }

    /** The finalizer of MurmurHash3. */
    private static long mix(long value) {
        long mixed = (value ^ value >>> 33) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ mixed >>> 33;
    }
}
