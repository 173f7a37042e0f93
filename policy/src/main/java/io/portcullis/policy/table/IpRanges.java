package io.portcullis.policy.table;

import io.portcullis.policy.IpFamily;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Sets of addresses as lists of ranges. A list is <em>merged</em> when it is sorted (IPv4 before IPv6, then ascending)
 * and no two of its ranges overlap or touch; equal sets then are equal lists.
 */
public final class IpRanges {
    /** The order of merged lists. */
    public static final Comparator<IpRange> ORDER = (a, b) -> {
        int family = a.family().compareTo(b.family());
        int first = family != 0 ? family : compare(a.firstHigh(), a.firstLow(), b.firstHigh(), b.firstLow());
        return first != 0 ? first : compare(a.lastHigh(), a.lastLow(), b.lastHigh(), b.lastLow());
    };

    private IpRanges() {}

    /** The range that holds this one address. */
    public static IpRange single(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        if (address instanceof Inet4Address) {
            int value = bytes.getInt();
            return IpRange.ipv4(value, value);
        }
        long high = bytes.getLong();
        long low = bytes.getLong();
        return new IpRange(IpFamily.IPV6, high, low, high, low);
    }

    /** The first address of a range. */
    public static IpRange firstOf(IpRange range) {
        return new IpRange(range.family(), range.firstHigh(), range.firstLow(), range.firstHigh(), range.firstLow());
    }

    /** The last address of a range. */
    public static IpRange lastOf(IpRange range) {
        return new IpRange(range.family(), range.lastHigh(), range.lastLow(), range.lastHigh(), range.lastLow());
    }

    /** A merged list with the addresses of this range too; linear, without sorting. */
    public static List<IpRange> union(List<IpRange> merged, IpRange range) {
        List<IpRange> more = new ArrayList<>(merged.size() + 1);
        IpRange grown = range;
        int next = 0;
        while (next < merged.size() && isApartBelow(merged.get(next), grown)) {
            more.add(merged.get(next++));
        }
        while (next < merged.size() && !isApartBelow(grown, merged.get(next))) {
            IpRange touching = merged.get(next++);
            boolean isFirst = ORDER.compare(touching, grown) <= 0;
            grown = isFirst ? span(touching, grown) : span(grown, touching);
        }
        more.add(grown);
        more.addAll(merged.subList(next, merged.size()));
        return List.copyOf(more);
    }

    /** Whether one lies before the other, and there is an address between them, or the family is another. */
    private static boolean isApartBelow(IpRange one, IpRange other) {
        int family = one.family().compareTo(other.family());
        return family < 0
                || (family == 0
                        && compare(one.lastHigh(), one.lastLow(), other.firstHigh(), other.firstLow()) < 0
                        && !touches(one, other));
    }

    /** A merged list without the addresses of this range; linear, without sorting. */
    public static List<IpRange> subtract(List<IpRange> merged, IpRange range) {
        List<IpRange> less = new ArrayList<>(merged.size() + 1);
        for (IpRange each : merged) {
            if (each.family() != range.family() || !overlaps(each, range)) {
                less.add(each);
                continue;
            }
            if (compare(each.firstHigh(), each.firstLow(), range.firstHigh(), range.firstLow()) < 0) {
                long high = range.firstLow() == 0 ? range.firstHigh() - 1 : range.firstHigh();
                less.add(new IpRange(each.family(), each.firstHigh(), each.firstLow(), high, range.firstLow() - 1));
            }
            if (endsBefore(range, each)) {
                long low = range.lastLow() + 1;
                long high = low == 0 ? range.lastHigh() + 1 : range.lastHigh();
                less.add(new IpRange(each.family(), high, low, each.lastHigh(), each.lastLow()));
            }
        }
        return List.copyOf(less);
    }

    /** The same set as a merged list. */
    public static List<IpRange> merge(Collection<IpRange> ranges) {
        List<IpRange> sorted = new ArrayList<>(ranges);
        sorted.sort(ORDER);
        List<IpRange> merged = new ArrayList<>(sorted.size());
        for (IpRange next : sorted) {
            IpRange last = merged.isEmpty() ? next : merged.getLast();
            if (!merged.isEmpty() && touches(last, next)) {
                merged.set(merged.size() - 1, span(last, next));
            } else {
                merged.add(next);
            }
        }
        return List.copyOf(merged);
    }

    /** The addresses that are in both sets; both lists merged, and so is the answer. */
    public static List<IpRange> intersect(List<IpRange> left, List<IpRange> right) {
        List<IpRange> common = new ArrayList<>();
        int l = 0;
        int r = 0;
        while (l < left.size() && r < right.size()) {
            IpRange a = left.get(l);
            IpRange b = right.get(r);
            int family = a.family().compareTo(b.family());
            if (family == 0 && overlaps(a, b)) {
                boolean aBeginsLater = compare(a.firstHigh(), a.firstLow(), b.firstHigh(), b.firstLow()) >= 0;
                IpRange later = aBeginsLater ? a : b;
                IpRange sooner = endsBefore(a, b) ? a : b;
                common.add(new IpRange(
                        a.family(), later.firstHigh(), later.firstLow(), sooner.lastHigh(), sooner.lastLow()));
            }
            if (family < 0 || (family == 0 && endsBefore(a, b))) {
                l++;
            } else {
                r++;
            }
        }
        return List.copyOf(common);
    }

    /** Whether two sets have an address in common; both lists merged. Binary search of the shorter in the longer. */
    public static boolean intersects(List<IpRange> left, List<IpRange> right) {
        List<IpRange> few = left.size() <= right.size() ? left : right;
        List<IpRange> many = left.size() <= right.size() ? right : left;
        for (IpRange range : few) {
            if (overlapsAny(many, range)) {
                return true;
            }
        }
        return false;
    }

    private static boolean overlapsAny(List<IpRange> merged, IpRange range) {
        int low = 0;
        int high = merged.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            IpRange candidate = merged.get(middle);
            int family = candidate.family().compareTo(range.family());
            if (family == 0 && overlaps(candidate, range)) {
                return true;
            }
            boolean candidateIsBelow = family < 0
                    || (family == 0
                            && compare(candidate.lastHigh(), candidate.lastLow(), range.firstHigh(), range.firstLow())
                                    < 0);
            if (candidateIsBelow) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return false;
    }

    /** The ranges of one family; {@link IpFamily#ANY} leaves the list as it is. */
    public static List<IpRange> ofFamily(List<IpRange> ranges, IpFamily family) {
        if (family == IpFamily.ANY) {
            return ranges;
        }
        return ranges.stream().filter(range -> range.family() == family).toList();
    }

    private static boolean overlaps(IpRange a, IpRange b) {
        return compare(a.firstHigh(), a.firstLow(), b.lastHigh(), b.lastLow()) <= 0
                && compare(b.firstHigh(), b.firstLow(), a.lastHigh(), a.lastLow()) <= 0;
    }

    private static boolean endsBefore(IpRange a, IpRange b) {
        return compare(a.lastHigh(), a.lastLow(), b.lastHigh(), b.lastLow()) < 0;
    }

    /** Whether {@code next}, which does not begin before {@code last}, overlaps it or follows it without a gap. */
    private static boolean touches(IpRange last, IpRange next) {
        if (last.family() != next.family()) {
            return false;
        }
        if (compare(next.firstHigh(), next.firstLow(), last.lastHigh(), last.lastLow()) <= 0) {
            return true;
        }
        // next begins above the end of last, so that neither sum can wrap past the highest address.
        long afterLow = last.lastLow() + 1;
        long afterHigh = afterLow == 0 ? last.lastHigh() + 1 : last.lastHigh();
        return next.firstHigh() == afterHigh && next.firstLow() == afterLow;
    }

    private static IpRange span(IpRange last, IpRange next) {
        boolean nextEndsLater = endsBefore(last, next);
        return new IpRange(
                last.family(),
                last.firstHigh(),
                last.firstLow(),
                nextEndsLater ? next.lastHigh() : last.lastHigh(),
                nextEndsLater ? next.lastLow() : last.lastLow());
    }

    private static int compare(long aHigh, long aLow, long bHigh, long bLow) {
        int high = Long.compareUnsigned(aHigh, bHigh);
        return high != 0 ? high : Long.compareUnsigned(aLow, bLow);
    }
}
