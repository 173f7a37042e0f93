package io.portcullis.policy.table;

import io.portcullis.policy.IpFamily;

/**
 * Closed range of addresses of one family, compared as unsigned 128-bit numbers. IPv4 lies in the low 32 bits of the
 * low halves and has high halves of 0.
 */
public record IpRange(IpFamily family, long firstHigh, long firstLow, long lastHigh, long lastLow) {
    public IpRange {
        if (family == IpFamily.ANY) {
            throw new IllegalArgumentException("a range has one family");
        }
        boolean isTooLarge = family == IpFamily.IPV4 && (lastHigh != 0 || lastLow >>> Integer.SIZE != 0);
        if (isTooLarge) {
            throw new IllegalArgumentException("a range of IPv4 ends beyond 255.255.255.255");
        }
        if (compare(firstHigh, firstLow, lastHigh, lastLow) > 0) {
            throw new IllegalArgumentException("the range ends before it begins");
        }
    }

    /** A range of IPv4 addresses given as unsigned 32-bit numbers. */
    public static IpRange ipv4(int first, int last) {
        return new IpRange(IpFamily.IPV4, 0, Integer.toUnsignedLong(first), 0, Integer.toUnsignedLong(last));
    }

    /** Whether the address (same family presumed by the caller) lies in the range. */
    public boolean contains(long high, long low) {
        return compare(firstHigh, firstLow, high, low) <= 0 && compare(high, low, lastHigh, lastLow) <= 0;
    }

    private static int compare(long aHigh, long aLow, long bHigh, long bLow) {
        int high = Long.compareUnsigned(aHigh, bHigh);
        return high != 0 ? high : Long.compareUnsigned(aLow, bLow);
    }
}
