package io.portcullis.policy.analyze;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.table.IpRange;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * Numbers for addresses: those that no set of the model tells apart have the same one. First those of IPv4, then those of IPv6, in order,
 * and behind them {@link #none()}, which stands in for the addresses of a frame that has none. Exact, because each set of the model is
 * a set of whole numbers here.
 */
final class AddressAtoms {
    /** Sides that hold so much of a family's addresses have no limit worth the name. */
    private static final double WIDE = 0.5;

    private record Address(long high, long low) implements Comparable<Address> {
        @Override
        public int compareTo(Address other) {
            int byHigh = Long.compareUnsigned(high, other.high);
            return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
        }
    }

    private final Address[] v4;
    private final Address[] v6;

    private AddressAtoms(Address[] v4, Address[] v6) {
        this.v4 = v4;
        this.v6 = v6;
    }

    /** Tells apart what any of these ranges does. */
    static AddressAtoms of(Iterable<IpRange> ranges) {
        TreeSet<Address> v4 = new TreeSet<>(List.of(new Address(0, 0)));
        TreeSet<Address> v6 = new TreeSet<>(List.of(new Address(0, 0)));
        for (IpRange range : ranges) {
            boolean isIpv4 = range.family() == IpFamily.IPV4;
            TreeSet<Address> begins = isIpv4 ? v4 : v6;
            begins.add(new Address(range.firstHigh(), range.firstLow()));
            long afterLow = range.lastLow() + 1;
            long afterHigh = afterLow == 0 ? range.lastHigh() + 1 : range.lastHigh();
            boolean isLastOfAll = isIpv4 ? afterLow >>> Integer.SIZE != 0 : (afterLow | afterHigh) == 0;
            if (!isLastOfAll) {
                begins.add(new Address(afterHigh, afterLow));
            }
        }
        return new AddressAtoms(v4.toArray(new Address[0]), v6.toArray(new Address[0]));
    }

    NumberSet all(IpFamily family) {
        return switch (family) {
            case IPV4 -> NumberSet.of(0, v4.length - 1L);
            case IPV6 -> NumberSet.of(v4.length, v4.length + v6.length - 1L);
            case ANY -> NumberSet.of(0, v4.length + v6.length - 1L);
        };
    }

    long none() {
        return (long) v4.length + v6.length;
    }

    IpFamily family(long atom) {
        return atom < v4.length ? IpFamily.IPV4 : IpFamily.IPV6;
    }

    NumberSet atoms(List<IpRange> ranges) {
        long[] intervals = new long[2 * ranges.size()];
        for (int i = 0; i < ranges.size(); i++) {
            IpRange range = ranges.get(i);
            intervals[2 * i] = atom(range.family(), range.firstHigh(), range.firstLow());
            intervals[2 * i + 1] = atom(range.family(), range.lastHigh(), range.lastLow());
        }
        return NumberSet.ofIntervals(intervals);
    }

    private long atom(IpFamily family, long high, long low) {
        Address[] begins = family == IpFamily.IPV4 ? v4 : v6;
        int found = Arrays.binarySearch(begins, new Address(high, low));
        int index = found >= 0 ? found : -found - 2;
        return family == IpFamily.IPV4 ? index : (long) v4.length + index;
    }

    /** The first address of the atom, as people write it. */
    String text(long atom) {
        Address first = atom < v4.length ? v4[(int) atom] : v6[(int) (atom - v4.length)];
        return new AddressLiteral(new IpRange(family(atom), first.high(), first.low(), first.high(), first.low()))
                .toString();
    }

    /** Whether the set has at least half of the addresses of IPv4 or of IPv6. */
    boolean isWide(NumberSet atoms) {
        for (IpFamily family : List.of(IpFamily.IPV4, IpFamily.IPV6)) {
            NumberSet own = atoms.and(all(family));
            double share = 0;
            for (int i = 0; i < own.intervals(); i++) {
                share += begin(family, own.last(i) + 1) - begin(family, own.first(i));
            }
            if (share >= WIDE) {
                return true;
            }
        }
        return false;
    }

    /** Where in the family's space the atom begins, from 0 to 1. */
    private double begin(IpFamily family, long atom) {
        boolean isIpv4 = family == IpFamily.IPV4;
        Address[] begins = isIpv4 ? v4 : v6;
        int index = (int) (isIpv4 ? atom : atom - v4.length);
        if (index == begins.length) {
            return 1;
        }
        return isIpv4 ? begins[index].low() / 0x1p32 : (begins[index].high() >>> 1) / 0x1p63;
    }
}
