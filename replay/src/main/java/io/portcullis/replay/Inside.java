package io.portcullis.replay;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/** The addresses behind the firewall. What they send goes OUT, all else comes IN. Immutable. */
final class Inside {
    /** Nothing is inside: all comes IN. */
    static final Inside NOTHING = new Inside(List.of());

    private final List<IpRange> ranges;

    Inside(List<IpRange> ranges) {
        this.ranges = IpRanges.merge(ranges);
    }

    /** @throws IllegalArgumentException if a part is no address, prefix or range */
    static Inside parse(String list) {
        return new Inside(Arrays.stream(list.split(",", -1))
                .map(part -> AddressLiteral.parse(part.strip()).range())
                .toList());
    }

    static Inside of(List<InetAddress> addresses) {
        return new Inside(addresses.stream().map(IpRanges::single).toList());
    }

    Direction direction(PacketView packet) {
        IpFamily family = packet.family;
        if (family != null && !ranges.isEmpty()) {
            for (IpRange range : ranges) {
                boolean isIn = range.family() == family
                        && compare(range.firstHigh(), range.firstLow(), packet.sourceHigh, packet.sourceLow) <= 0
                        && compare(packet.sourceHigh, packet.sourceLow, range.lastHigh(), range.lastLow()) <= 0;
                if (isIn) {
                    return Direction.OUT;
                }
            }
        }
        return Direction.IN;
    }

    private static int compare(long aHigh, long aLow, long bHigh, long bLow) {
        int high = Long.compareUnsigned(aHigh, bHigh);
        return high != 0 ? high : Long.compareUnsigned(aLow, bLow);
    }
}
