package io.portcullis.policy.analyze;

import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.MacPrefix;
import java.util.List;

/**
 * What a rule asks of a frame's Ethernet header.
 *
 * @param types of frames without IP, and {@link Packets#IP_TYPE} if it matches some with IP
 */
record Framing(NumberSet types, NumberSet sourceMacs, NumberSet destinationMacs) {
    static final Components.Algebra<Framing> ALGEBRA =
            new Components.Algebra<>(Framing::destinationMacs, false, Framing::covers, Framing::meets);

    /** Of every IP packet: what rules that judge connections ask. */
    static final Framing OF_PACKETS = new Framing(Packets.IP_TYPE, Packets.UNICAST_MACS, Packets.ALL_MACS);

    static Framing of(EthernetMatch match, boolean hasIp, NumberSet otherTypes) {
        NumberSet types = hasIp ? NumberSet.union(List.of(otherTypes, Packets.IP_TYPE)) : otherTypes;
        return new Framing(
                types,
                macs(match.sources(), match.sourcesNegated(), Packets.UNICAST_MACS),
                macs(match.destinations(), match.destinationsNegated(), Packets.ALL_MACS));
    }

    private static NumberSet macs(List<MacPrefix> prefixes, boolean isNegated, NumberSet all) {
        if (prefixes.isEmpty()) {
            return all;
        }
        NumberSet named = NumberSet.union(prefixes.stream()
                .map(prefix ->
                        NumberSet.of(prefix.value(), prefix.value() + (1L << (MacPrefix.ALL_BITS - prefix.bits())) - 1))
                .toList());
        return isNegated ? all.minus(named) : all.and(named);
    }

    boolean isEmpty() {
        return types.isEmpty() || sourceMacs.isEmpty() || destinationMacs.isEmpty();
    }

    private boolean covers(Framing other) {
        return types.containsAll(other.types)
                && sourceMacs.containsAll(other.sourceMacs)
                && destinationMacs.containsAll(other.destinationMacs);
    }

    private boolean meets(Framing other) {
        return types.intersects(other.types)
                && sourceMacs.intersects(other.sourceMacs)
                && destinationMacs.intersects(other.destinationMacs);
    }
}
