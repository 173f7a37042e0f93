package io.portcullis.policy.table;

import io.portcullis.policy.IpFamily;
import java.util.List;

/**
 * Matches one address of a packet. {@link #ANY} matches all; an empty list that is not negated matches nothing (a group
 * without members), and negated everything.
 */
public record AddressMatch(boolean any, boolean negated, List<IpRange> ranges) {
    public static final AddressMatch ANY = new AddressMatch(true, false, List.of());

    public AddressMatch {
        ranges = List.copyOf(ranges);
        if (any && (negated || !ranges.isEmpty())) {
            throw new IllegalArgumentException("ANY has neither ranges nor negation");
        }
    }

    public static AddressMatch in(List<IpRange> ranges) {
        return new AddressMatch(false, false, ranges);
    }

    public static AddressMatch notIn(List<IpRange> ranges) {
        return new AddressMatch(false, true, ranges);
    }

    public boolean matches(IpFamily family, long high, long low) {
        if (any) {
            return true;
        }
        for (IpRange range : ranges) {
            if (range.family() == family && range.contains(high, low)) {
                return !negated;
            }
        }
        return negated;
    }
}
