package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.IpFamily;
import java.util.Arrays;

/**
 * Follows fragmented datagrams without putting them together: the first fragment is judged like a packet, the others share its
 * fate. Later fragments that come before the first are held ({@link HeldFragments}) until it is judged, as a tracker that
 * reassembles would hold them. Of each datagram the parts seen and the sum over them are kept, so that
 *
 * <ul>
 *   <li>a fragment that overlaps another spoils its datagram: no further one passes, IPv4 as IPv6 (RFC 5722, RFC 1858); one that was
 *       seen whole before is dropped alone (RFC 8200, 4.5);
 *   <li>a transport checksum that spans the datagram is verified when the last missing part comes, which is dropped if the sum is
 *       wrong: nobody can put the datagram together; so is one that makes a UDP datagram whole that says that it is longer (RFC 768).
 * </ul>
 *
 * A first fragment that lacks part of the transport header never gets here: the parser refuses it (RFC 1858, 3128, RFC 8200).
 * Fixed memory: {@value #ENTRIES} datagrams in sets of {@value #WAYS}; a full set forgets its oldest of which no first fragment was seen, else of
 * those that were refused, and only then one that passes: so forged fragments do not end what a connection is in the middle of. One thread, no allocation per
 * call.
 */
final class VirtualReassembly implements AutoCloseable {
    static final int ENTRIES = 128;
    static final int WAYS = 4;
    /** How long a receiver waits for the rest of a datagram (Linux: net.ipv4.ipfrag_time). */
    static final long LIFETIME_NANOS = 30_000_000_000L;

    /** What is to be done with a fragment. */
    enum Arrival {
        /** The first one, its decision is open: judge it, then say {@link #admit} or {@link #refuse}. */
        JUDGE,
        /** Shares the fate of a first one that passed. */
        PASS,
        /** No first one is known yet. */
        WAIT,
        /** The first one did not pass, or the datagram is spoiled. */
        REFUSED,
        /** Seen before. */
        DUPLICATE,
        /** Partly seen before, or does not fit to where the datagram ends; this spoils the datagram. */
        OVERLAP,
        /** The datagram has too many gaps; this spoils it. */
        TOO_MANY_GAPS,
        /** With it the datagram would be whole, and its transport checksum wrong. */
        BAD_CHECKSUM,
        /** With it the datagram would be whole, and shorter than its UDP header says; this spoils it. */
        SHORT_UDP
    }

    private static final int WORDS = 5;
    private static final int UNKNOWN_LENGTH = -1;
    private static final int UDP_LENGTH_OFFSET = 4;
    private static final int UDP_CHECKSUM_OFFSET = 6;

    private static final byte FREE = 0;
    private static final byte WAITING = 1;
    private static final byte ADMITTED = 2;
    private static final byte SPOILED = 3;

    /** Per entry: both addresses, and id, protocol and direction in one word. */
    private final long[] keys = new long[ENTRIES * WORDS];

    private final byte[] fates = new byte[ENTRIES];
    private final long[] seenNanos = new long[ENTRIES];
    /** Bytes of the datagram's payload, once the fragment with its end was seen. */
    private final int[] wholeBytes = new int[ENTRIES];

    private final FragmentRuns runs = new FragmentRuns(ENTRIES);
    private final HeldFragments held = new HeldFragments();
    private final int[] heldHeads = new int[ENTRIES];
    /** Sum over the transport part and pseudo header, but for the length. */
    private final long[] sums = new long[ENTRIES];
    /** Where the transport header begins in the payload, or -1 if there is no sum to verify. */
    private final int[] transportStarts = new int[ENTRIES];

    /** Bytes of the payload that the datagram needs for what its UDP header says; 0 if there is none, or it was not seen. */
    private final int[] claimedBytes = new int[ENTRIES];

    private final byte[] protocols = new byte[ENTRIES];
    /** Some fragment's port or sender vouches for the checksum, which may be incomplete. */
    private final boolean[] areVouchedFor = new boolean[ENTRIES];

    private final FragmentNotes notes = new FragmentNotes(ENTRIES);
    private final long hashSeed;
    private int entry;

    private long evicted;
    private long heldLost;

    VirtualReassembly(long hashSeed) {
        this.hashSeed = hashSeed;
        Arrays.fill(heldHeads, HeldFragments.NONE);
    }

    /**
     * Notes a fragment of an honest sender and says what to do with it; the calls after it are about the same fragment.
     *
     * @param isUnverified its bytes count towards a checksum; with one fragment that is vouched for the datagram has none to verify
     */
    Arrival arrive(PacketView packet, Direction direction, boolean isUnverified, long nowNanos) {
        entry = find(packet, direction, nowNanos);
        if (entry < 0) {
            entry = begin(packet, direction, nowNanos);
        }
        if (fates[entry] == SPOILED) {
            return Arrival.REFUSED;
        }
        Arrival misfit = add(packet);
        if (misfit != Arrival.JUDGE) {
            if (misfit != Arrival.DUPLICATE) {
                spoil();
            }
            return misfit;
        }
        sum(packet);
        boolean isWhole = runs.isWhole(entry, wholeBytes[entry]);
        areVouchedFor[entry] |= !isUnverified;
        if (isWhole && claimedBytes[entry] > wholeBytes[entry]) {
            spoil();
            return Arrival.SHORT_UDP;
        }
        if (isWhole && !areVouchedFor[entry] && !isSumRight()) {
            spoil();
            return Arrival.BAD_CHECKSUM;
        }
        if (!packet.isLaterFragment) {
            return Arrival.JUDGE;
        }
        if (fates[entry] == WAITING) {
            return Arrival.WAIT;
        }
        if (isWhole) {
            fates[entry] = FREE;
        }
        return Arrival.PASS;
    }

    /** Keeps a copy of a fragment that must {@link Arrival#WAIT}; false if there is no room. */
    boolean hold(PacketView packet, long nowNanos) {
        int head = held.add(packet, heldHeads[entry]);
        if (head == HeldFragments.NONE) {
            forgetExpired(nowNanos);
            head = held.add(packet, heldHeads[entry]);
        }
        if (head == HeldFragments.NONE) {
            heldLost++;
            return false;
        }
        heldHeads[entry] = head;
        return true;
    }

    /** The datagram's first fragment, or one in its place, passes: those that wait go after it. */
    void admit(Burst toReceiver) {
        heldLost += held.release(heldHeads[entry], toReceiver);
        heldHeads[entry] = HeldFragments.NONE;
        fates[entry] = runs.isWhole(entry, wholeBytes[entry]) ? FREE : ADMITTED;
    }

    /** The datagram's first fragment does not pass, nor shall the others. */
    void refuse() {
        spoil();
    }

    /** As {@link #refuse()} for a fragment that could not be parsed behind its fragment header. */
    void refuse(PacketView packet, Direction direction, long nowNanos) {
        entry = find(packet, direction, nowNanos);
        if (entry < 0) {
            entry = begin(packet, direction, nowNanos);
        }
        spoil();
    }

    /** What is remembered of the first fragment's decision, for tools. */
    FragmentNotes notes() {
        return notes;
    }

    /** Place in {@link #notes()} of the last fragment's datagram. */
    int entry() {
        return entry;
    }

    /** Datagrams that were forgotten before their time because their set was full. */
    long evicted() {
        return evicted;
    }

    /** Fragments that came before their first one and found no room, here or when they could go on. */
    long heldLost() {
        return heldLost;
    }

    private void forgetExpired(long nowNanos) {
        for (int i = 0; i < ENTRIES; i++) {
            if (nowNanos - seenNanos[i] > LIFETIME_NANOS) {
                heldLost += held.discard(heldHeads[i]);
                heldHeads[i] = HeldFragments.NONE;
            }
        }
    }

    private void spoil() {
        fates[entry] = SPOILED;
        heldLost += held.discard(heldHeads[entry]);
        heldHeads[entry] = HeldFragments.NONE;
    }

    /** JUDGE stands for a fragment that fits. */
    private Arrival add(PacketView packet) {
        int start = packet.fragmentOffset;
        int end = start + packet.fragmentLength;
        int whole = wholeBytes[entry];
        if (!packet.hasMoreFragments) {
            if ((whole != UNKNOWN_LENGTH && whole != end) || end < runs.end(entry)) {
                return Arrival.OVERLAP;
            }
            wholeBytes[entry] = end;
        } else if (whole != UNKNOWN_LENGTH && end > whole) {
            return Arrival.OVERLAP;
        }
        return switch (runs.add(entry, start, end)) {
            case ADDED -> Arrival.JUDGE;
            case DUPLICATE -> Arrival.DUPLICATE;
            case OVERLAP -> Arrival.OVERLAP;
            case TOO_MANY_GAPS -> Arrival.TOO_MANY_GAPS;
        };
    }

    // ---- the checksum over all fragments ----

    private void sum(PacketView packet) {
        sums[entry] += Checksums.sum(packet.memory, packet.transportOffset, packet.transportLength);
        if (packet.isLaterFragment) {
            return;
        }
        // options for the destination may stand between the fragment header and the transport header
        transportStarts[entry] = packet.fragmentLength - packet.transportLength;
        protocols[entry] = (byte) packet.protocol;
        boolean hasPseudoHeader = false;
        boolean isSummed = packet.isIcmp();
        switch (packet.protocol) {
            case PacketView.PROTOCOL_TCP -> {
                isSummed = true;
                hasPseudoHeader = true;
            }
            case PacketView.PROTOCOL_UDP -> {
                claimedBytes[entry] = transportStarts[entry]
                        + Wire.u16(packet.memory, packet.transportOffset + (long) UDP_LENGTH_OFFSET);
                isSummed = Wire.u16(packet.memory, packet.transportOffset + (long) UDP_CHECKSUM_OFFSET) != 0;
                hasPseudoHeader = true;
            }
            default -> hasPseudoHeader = packet.family == IpFamily.IPV6;
        }
        if (!isSummed) {
            transportStarts[entry] = -1;
        } else if (hasPseudoHeader) {
            sums[entry] += Checksums.pseudoHeader(
                    packet.sourceHigh,
                    packet.sourceLow,
                    packet.destinationHigh,
                    packet.destinationLow,
                    packet.protocol,
                    0);
        } else {
            protocols[entry] = 0;
        }
    }

    private boolean isSumRight() {
        int start = transportStarts[entry];
        if (start < 0) {
            return true;
        }
        boolean hasPseudoHeader = protocols[entry] != 0;
        return Checksums.finish(sums[entry] + (hasPseudoHeader ? wholeBytes[entry] - start : 0)) == 0;
    }

    // ---- entries ----

    private int begin(PacketView packet, Direction direction, long nowNanos) {
        int free = freeOrLeast(set(packet, direction), nowNanos);
        heldLost += held.discard(heldHeads[free]);
        int key = free * WORDS;
        keys[key] = packet.sourceHigh;
        keys[key + 1] = packet.sourceLow;
        keys[key + 2] = packet.destinationHigh;
        keys[key + 3] = packet.destinationLow;
        keys[key + 4] = identity(packet, direction);
        seenNanos[free] = nowNanos;
        wholeBytes[free] = UNKNOWN_LENGTH;
        sums[free] = 0;
        transportStarts[free] = -1;
        claimedBytes[free] = 0;
        areVouchedFor[free] = false;
        heldHeads[free] = HeldFragments.NONE;
        runs.clear(free);
        notes.clear(free);
        fates[free] = WAITING;
        return free;
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

    private int freeOrLeast(int set, long nowNanos) {
        int least = set;
        for (int i = set; i < set + WAYS; i++) {
            if (isFree(i, nowNanos)) {
                return i;
            }
            int worth = worth(i) - worth(least);
            if (worth < 0 || (worth == 0 && seenNanos[i] - seenNanos[least] < 0)) {
                least = i;
            }
        }
        evicted++;
        return least;
    }

    private int worth(int candidate) {
        return switch (fates[candidate]) {
            case ADMITTED -> 2;
            case SPOILED -> 1;
            default -> 0;
        };
    }

    private boolean isFree(int candidate, long nowNanos) {
        return fates[candidate] == FREE || nowNanos - seenNanos[candidate] > LIFETIME_NANOS;
    }

    private boolean matches(int candidate, PacketView packet, Direction direction) {
        int key = candidate * WORDS;
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

    @Override
    public void close() {
        held.close();
    }
}
