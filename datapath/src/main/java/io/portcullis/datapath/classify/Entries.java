package io.portcullis.datapath.classify;

import java.util.Arrays;

/**
 * What a rule wants of a {@link FlowWords flow}, as four words: value and mask of the addresses; the bounds of both ports;
 * priority (32 bits, above), mask and value of the tag (16 bits each). An array of entries is sorted by priority; a lower
 * number comes first, and no two rules of an index have the same. Two entries of one rule may.
 *
 * <p>Four words because one mask test, one subtraction for two ports and one tag test then say whether an entry matches,
 * without a branch, and two entries fill a cache line.
 */
final class Entries {
    static final int WORDS = 4;
    static final int BYTES = WORDS * Long.BYTES;

    private static final long PORT_LANES = 0x0000_ffff_0000_ffffL;
    private static final long BORROWS = 0x8000_0000_8000_0000L;

    private Entries() {}

    static long portBounds(int sourceFirst, int sourceLast, int destinationFirst, int destinationLast) {
        return (long) sourceFirst << 48
                | (long) sourceLast << 32
                | (long) destinationFirst << 16
                | Integer.toUnsignedLong(destinationLast);
    }

    static long order(int priority, int tagMask, int tagValue) {
        return (long) priority << 32 | (long) tagMask << 16 | Integer.toUnsignedLong(tagValue);
    }

    static int priority(long[] entries, int at) {
        return (int) (entries[at + 3] >>> 32);
    }

    /** @param ports as {@link FlowWords#ports} spreads them */
    static boolean matches(long[] entries, int at, long addresses, long ports, long transport) {
        long bounds = entries[at + 2];
        long order = entries[at + 3];
        long below = ports - (bounds >>> 16 & PORT_LANES);
        long above = (bounds & PORT_LANES) - ports;
        return (((addresses ^ entries[at]) & entries[at + 1])
                        | ((below | above) & BORROWS)
                        | ((transport ^ order) & order >>> 16 & FlowWords.TAG_BITS))
                == 0;
    }

    /** Bits of the source address that the entry wants, from the top; it has no others. */
    static int sourceBits(long[] entries, int at) {
        return Long.bitCount(entries[at + 1] & FlowWords.SOURCE);
    }

    static int destinationBits(long[] entries, int at) {
        return Long.bitCount(entries[at + 1] & FlowWords.DESTINATION);
    }

    static boolean hasOneSourcePort(long[] entries, int at) {
        long bounds = entries[at + 2];
        return bounds >>> 48 == (bounds >>> 32 & 0xffff);
    }

    static boolean hasOneDestinationPort(long[] entries, int at) {
        long bounds = entries[at + 2];
        return (bounds >>> 16 & 0xffff) == (bounds & 0xffff);
    }

    static boolean hasOneProtocol(long[] entries, int at) {
        return (entries[at + 3] >>> 16 & FlowWords.TAG_PROTOCOL) == FlowWords.TAG_PROTOCOL;
    }

    /** The transport word that the entry wants in its fixed fields, for hashing under a mask of those. */
    static long transportValue(long[] entries, int at) {
        long bounds = entries[at + 2];
        return (bounds & 0xffff_0000_0000_0000L)
                | (bounds & 0xffff_0000L) << 16
                | (entries[at + 3] & FlowWords.TAG_BITS);
    }

    /** A copy with one more entry, at its place. */
    static long[] with(long[] entries, long[] entry) {
        int priority = priority(entry, 0);
        int at = 0;
        while (at < entries.length && priority(entries, at) <= priority) {
            at += WORDS;
        }
        long[] more = Arrays.copyOf(entries, entries.length + WORDS);
        System.arraycopy(entry, 0, more, at, WORDS);
        System.arraycopy(entries, at, more, at + WORDS, entries.length - at);
        return more;
    }

    /** A copy without the entry, or the array itself if it is not there. */
    static long[] without(long[] entries, long[] entry) {
        for (int at = 0; at < entries.length; at += WORDS) {
            if (Arrays.equals(entries, at, at + WORDS, entry, 0, WORDS)) {
                long[] fewer = new long[entries.length - WORDS];
                System.arraycopy(entries, 0, fewer, 0, at);
                System.arraycopy(entries, at + WORDS, fewer, at, fewer.length - at);
                return fewer;
            }
        }
        return entries;
    }

    /** A copy, sorted by priority. */
    static long[] sorted(long[] entries) {
        int count = entries.length / WORDS;
        long[] order = new long[count];
        for (int i = 0; i < count; i++) {
            order[i] = (long) priority(entries, i * WORDS) << 32 | i;
        }
        Arrays.sort(order);
        long[] sorted = new long[entries.length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(entries, (int) order[i] * WORDS, sorted, i * WORDS, WORDS);
        }
        return sorted;
    }
}
