package io.portcullis.datapath.classify;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Addresses by the sets (groups) that they are in: all that are in the same sets are one class, and rules on sets are rules on
 * classes. There are as many classes as combinations of sets that occur, however many addresses.
 *
 * <p>Class 0 is in no set. One thread builds; afterwards any number of threads read.
 */
final class AddressClasses {
    /** In no set. */
    static final int OUTSIDE = 0;

    private final AddressMap ipv4;
    private final AddressMap ipv6;
    private final List<BitSet> setsOfClass;
    private final Map<BitSet, Integer> classBySets;

    private AddressClasses(
            AddressMap ipv4, AddressMap ipv6, List<BitSet> setsOfClass, Map<BitSet, Integer> classBySets) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.setsOfClass = setsOfClass;
        this.classBySets = classBySets;
    }

    /** Classes of these sets, which are numbered by their place. */
    static AddressClasses of(List<List<IpRange>> sets) {
        List<BitSet> setsOfClass = new ArrayList<>();
        Map<BitSet, Integer> classBySets = new HashMap<>();
        intern(new BitSet(), setsOfClass, classBySets);
        AddressMap ipv4 = map(IpFamily.IPV4, sets, setsOfClass, classBySets);
        AddressMap ipv6 = map(IpFamily.IPV6, sets, setsOfClass, classBySets);
        return new AddressClasses(ipv4, ipv6, setsOfClass, classBySets);
    }

    private static int intern(BitSet sets, List<BitSet> setsOfClass, Map<BitSet, Integer> classBySets) {
        Integer known = classBySets.get(sets);
        if (known != null) {
            return known;
        }
        BitSet own = (BitSet) sets.clone();
        setsOfClass.add(own);
        classBySets.put(own, setsOfClass.size() - 1);
        return setsOfClass.size() - 1;
    }

    private record Address(long high, long low) implements Comparable<Address> {
        @Override
        public int compareTo(Address other) {
            int order = Long.compareUnsigned(high, other.high);
            return order != 0 ? order : Long.compareUnsigned(low, other.low);
        }

        /** The one above, or null above the highest one. */
        @Nullable
        Address next() {
            if (low != -1) {
                return new Address(high, low + 1);
            }
            return high == -1 ? null : new Address(high + 1, 0);
        }
    }

    /** Where sets begin and end. */
    private record Border(Address at, int set, boolean begins) {}

    private static AddressMap map(
            IpFamily family, List<List<IpRange>> sets, List<BitSet> setsOfClass, Map<BitSet, Integer> classBySets) {
        Map<Address, BitSet> singles = new HashMap<>();
        List<Border> borders = new ArrayList<>();
        for (int set = 0; set < sets.size(); set++) {
            for (IpRange range : sets.get(set)) {
                if (range.family() == family) {
                    collect(range, set, singles, borders);
                }
            }
        }
        AddressMap map = ranges(borders, setsOfClass, classBySets);
        singles.forEach((address, own) -> {
            BitSet all = (BitSet) own.clone();
            all.or(setsOfClass.get(map.classOfRange(address.high, address.low)));
            map.put(address.high, address.low, intern(all, setsOfClass, classBySets));
        });
        return map;
    }

    private static void collect(IpRange range, int set, Map<Address, BitSet> singles, Collection<Border> borders) {
        Address first = new Address(range.firstHigh(), range.firstLow());
        Address last = new Address(range.lastHigh(), range.lastLow());
        if (first.equals(last)) {
            singles.computeIfAbsent(first, _ -> new BitSet()).set(set);
            return;
        }
        borders.add(new Border(first, set, true));
        Address after = last.next();
        if (after != null) {
            borders.add(new Border(after, set, false));
        }
    }

    private static AddressMap ranges(List<Border> borders, List<BitSet> setsOfClass, Map<BitSet, Integer> classBySets) {
        borders.sort((a, b) -> a.at.compareTo(b.at));
        long[] highs = new long[borders.size()];
        long[] lows = new long[borders.size()];
        int[] classes = new int[borders.size() + 1];
        int count = 0;
        // ranges of one set may overlap: a set ends where all of its ranges have
        Map<Integer, Integer> depth = new HashMap<>();
        BitSet inside = new BitSet();
        for (int i = 0; i < borders.size(); i++) {
            Border border = borders.get(i);
            int now = depth.merge(border.set, border.begins ? 1 : -1, Integer::sum);
            inside.set(border.set, now > 0);
            boolean isLastHere =
                    i + 1 == borders.size() || !borders.get(i + 1).at.equals(border.at);
            if (isLastHere) {
                highs[count] = border.at.high;
                lows[count] = border.at.low;
                classes[++count] = intern(inside, setsOfClass, classBySets);
            }
        }
        return new AddressMap(
                Arrays.copyOf(highs, count), Arrays.copyOf(lows, count), Arrays.copyOf(classes, count + 1));
    }

    int count() {
        return setsOfClass.size();
    }

    /** Whether the addresses of a class are in a set. */
    boolean isIn(int addressClass, int set) {
        return setsOfClass.get(addressClass).get(set);
    }

    int classOf(IpFamily family, long high, long low) {
        return (family == IpFamily.IPV4 ? ipv4 : ipv6).classOf(high, low);
    }

    /** A copy in which one address is in a set or no longer is: one entry of one map differs, and perhaps a class is new. */
    AddressClasses with(IpFamily family, long high, long low, int set, boolean isMember) {
        BitSet sets = (BitSet) setsOfClass.get(classOf(family, high, low)).clone();
        sets.set(set, isMember);
        List<BitSet> classes = new ArrayList<>(setsOfClass);
        Map<BitSet, Integer> bySets = new HashMap<>(classBySets);
        int addressClass = intern(sets, classes, bySets);
        AddressMap changed = (family == IpFamily.IPV4 ? ipv4 : ipv6).copy();
        changed.put(high, low, addressClass);
        return family == IpFamily.IPV4
                ? new AddressClasses(changed, ipv6, classes, bySets)
                : new AddressClasses(ipv4, changed, classes, bySets);
    }

    long bytes() {
        long bytes = HeapSizes.OBJECT + ipv4.bytes() + ipv6.bytes();
        for (BitSet sets : setsOfClass) {
            // the set itself, its place in the list and in the map
            bytes += 2 * HeapSizes.OBJECT + HeapSizes.ofLongs(sets.size() / Long.SIZE);
        }
        return bytes;
    }
}
