package io.portcullis.datapath.classify;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.IpRange;
import java.util.Collection;

/**
 * Which 32 of 128 bits of an IPv6 address stand for it in {@link FlowWords}: those in which the prefixes of the rules differ
 * most, in their order, so that prefixes stay prefixes. An IPv4 address stands for itself.
 */
final class AddressProjection {
    private static final int BITS = 32;
    private static final int ALL_BITS = 128;

    private final long highMask;
    private final long lowMask;

    private AddressProjection(long highMask, long lowMask) {
        this.highMask = highMask;
        this.lowMask = lowMask;
    }

    static AddressProjection of(Collection<IpRange> ranges) {
        int[][] counts = new int[ALL_BITS][2];
        for (IpRange range : ranges) {
            int length = range.family() == IpFamily.IPV6 ? commonBits(range) : 0;
            for (int bit = 0; bit < length; bit++) {
                counts[bit][bitOf(range, bit)]++;
            }
        }
        long high = 0;
        long low = 0;
        for (int chosen = 0; chosen < BITS; chosen++) {
            int best = -1;
            for (int bit = 0; bit < ALL_BITS; bit++) {
                if (best < 0 || worth(counts[bit]) > worth(counts[best])) {
                    best = bit;
                }
            }
            high |= best < Long.SIZE ? Long.MIN_VALUE >>> best : 0;
            low |= best >= Long.SIZE ? Long.MIN_VALUE >>> best : 0;
            counts[best] = new int[] {-1, -1};
        }
        return new AddressProjection(high, low);
    }

    /** A bit that is the same in all prefixes is better than one that none of them has, and one that was chosen is the worst. */
    private static long worth(int[] count) {
        return (long) Math.min(count[0], count[1]) << 32 | Integer.toUnsignedLong(count[0] + count[1] + 2);
    }

    private static int bitOf(IpRange range, int bit) {
        long half = bit < Long.SIZE ? range.firstHigh() : range.firstLow();
        return (half & Long.MIN_VALUE >>> bit) == 0 ? 0 : 1;
    }

    /** Length of the longest prefix that covers an IPv6 range. */
    static int commonBits(IpRange range) {
        long high = range.firstHigh() ^ range.lastHigh();
        return high != 0
                ? Long.numberOfLeadingZeros(high)
                : Long.SIZE + Long.numberOfLeadingZeros(range.firstLow() ^ range.lastLow());
    }

    int of(long high, long low) {
        return (int) (Long.compress(high, highMask) << Long.bitCount(lowMask) | Long.compress(low, lowMask));
    }

    /** How many of the chosen bits a prefix has. */
    int lengthOf(int prefixLength) {
        if (prefixLength <= Long.SIZE) {
            return prefixLength == 0 ? 0 : Long.bitCount(highMask >>> (Long.SIZE - prefixLength));
        }
        return Long.bitCount(highMask) + Long.bitCount(lowMask >>> (ALL_BITS - prefixLength));
    }
}
