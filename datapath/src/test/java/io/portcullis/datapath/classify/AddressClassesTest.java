package io.portcullis.datapath.classify;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The class of an address is in a set exactly if one of the set's ranges holds the address. */
class AddressClassesTest {
    private static final int LOOKUPS = 200_000;
    private static final int NIGHTLY_LOOKUPS = 100_000_000;
    private static final int SETS = 5;

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @Test
    void shouldKnowTheMembersOfEverySet() {
        compare(LOOKUPS, 2_000);
    }

    @Test
    @Tag("nightly")
    void shouldKnowTheMembersOfEverySetInAHundredMillionLookUps() {
        compare(NIGHTLY_LOOKUPS, 20_000);
    }

    private void compare(int lookups, int perRound) {
        System.out.println("AddressClassesTest seed " + seed);
        for (int done = 0; done < lookups; done += perRound) {
            List<List<IpRange>> sets = new ArrayList<>();
            for (int i = 0; i < SETS; i++) {
                List<IpRange> ranges = new ArrayList<>();
                for (int n = random.nextInt(12); n > 0; n--) {
                    ranges.add(range());
                }
                sets.add(ranges);
            }
            AddressClasses classes = AddressClasses.of(sets);
            for (int i = 0; i < perRound; i++) {
                compare(sets, classes);
            }
        }
    }

    private void compare(List<List<IpRange>> sets, AddressClasses classes) {
        boolean isIpv6 = random.nextBoolean();
        IpFamily family = isIpv6 ? IpFamily.IPV6 : IpFamily.IPV4;
        long high = isIpv6 ? number() : 0;
        long low = isIpv6 ? number() : number() & 0xffff_ffffL;
        int found = classes.classOf(family, high, low);
        for (int set = 0; set < SETS; set++) {
            boolean isMember = AddressMatch.in(sets.get(set)).matches(family, high, low);
            if (classes.isIn(found, set) != isMember) {
                throw new AssertionError("seed " + seed + ": " + family + " " + Long.toHexString(high) + " "
                        + Long.toHexString(low) + " in " + sets.get(set));
            }
        }
    }

    private IpRange range() {
        boolean isIpv6 = random.nextBoolean();
        long firstHigh = isIpv6 ? number() : 0;
        long firstLow = isIpv6 ? number() : number() & 0xffff_ffffL;
        long lastHigh = isIpv6 && random.nextInt(4) == 0 ? number() : firstHigh;
        long lastLow = random.nextBoolean() ? firstLow : isIpv6 ? number() : number() & 0xffff_ffffL;
        int order = Long.compareUnsigned(firstHigh, lastHigh);
        boolean isOrdered = order != 0 ? order < 0 : Long.compareUnsigned(firstLow, lastLow) <= 0;
        IpFamily family = isIpv6 ? IpFamily.IPV6 : IpFamily.IPV4;
        return isOrdered
                ? new IpRange(family, firstHigh, firstLow, lastHigh, lastLow)
                : new IpRange(family, lastHigh, lastLow, firstHigh, firstLow);
    }

    /** Few values, and the edges of all of them. */
    private long number() {
        long number = random.nextInt(24);
        return switch (random.nextInt(4)) {
            case 0 -> number;
            case 1 -> -1 - number;
            case 2 -> 0x7fff_fff0L + number;
            default -> Long.MIN_VALUE - 12 + number;
        };
    }
}
