package io.portcullis.datapath.classify;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Address matches as a few prefixes. */
final class Prefixes {
    /** A match of more prefixes than these is a matter of {@link GroupRules}. */
    static final int MAX = 4;

    private static final int IPV4_BITS = 32;

    /**
     * The upper bits of an address, as {@link AddressProjection} has it.
     *
     * @param exact whether it says all that the range says
     */
    record Prefix(int address, int length, boolean exact) {
        static final Prefix ANY = new Prefix(0, 0, true);
    }

    private Prefixes() {}

    /** Whether nothing is asked of the address. */
    static boolean isAny(AddressMatch match) {
        return match.any() || (match.negated() && match.ranges().isEmpty());
    }

    /** The prefixes of one family; empty if it has none; null if there are too many, or the match is negated. */
    static @Nullable List<Prefix> of(AddressMatch match, IpFamily family, AddressProjection projection) {
        if (isAny(match)) {
            return List.of(Prefix.ANY);
        }
        if (match.negated() || match.ranges().size() > MAX) {
            return null;
        }
        List<Prefix> prefixes = new ArrayList<>();
        for (IpRange range : match.ranges()) {
            if (range.family() != family) {
                continue;
            }
            if (family == IpFamily.IPV4) {
                split(range.firstLow(), range.lastLow(), prefixes);
            } else {
                int length = AddressProjection.commonBits(range);
                prefixes.add(new Prefix(
                        projection.of(range.firstHigh(), range.firstLow()), projection.lengthOf(length), false));
            }
            if (prefixes.size() > MAX) {
                return null;
            }
        }
        return prefixes;
    }

    /** The largest prefixes of IPv4 that make up the range; stops above {@link #MAX}. */
    private static void split(long first, long last, List<Prefix> prefixes) {
        long from = first;
        while (from <= last && prefixes.size() <= MAX) {
            int free = from == 0 ? IPV4_BITS : Math.min(IPV4_BITS, Long.numberOfTrailingZeros(from));
            while (from + (1L << free) - 1 > last) {
                free--;
            }
            prefixes.add(new Prefix((int) from, IPV4_BITS - free, true));
            from += 1L << free;
        }
    }
}
