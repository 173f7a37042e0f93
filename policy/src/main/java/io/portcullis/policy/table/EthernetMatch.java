package io.portcullis.policy.table;

import java.util.List;

/**
 * Matches the Ethernet header of one frame; every part that is given must hold.
 *
 * @param etherTypes behind all VLAN tags, any of which may match; {@link #LLC} stands for frames with an IEEE 802.3 length
 *     instead of an ethertype; empty for all
 * @param sources any of which may match; empty for all
 * @param sourcesNegated all but those
 */
public record EthernetMatch(
        List<Integer> etherTypes,
        List<MacPrefix> sources,
        boolean sourcesNegated,
        List<MacPrefix> destinations,
        boolean destinationsNegated) {
    /** Frames with a length where others have their ethertype (spanning tree, for example). */
    public static final int LLC = 0;
    /** Smaller numbers are lengths (IEEE 802.3, 3.2.6). */
    public static final int FIRST_ETHER_TYPE = 0x600;

    public static final EthernetMatch ANY = new EthernetMatch(List.of(), List.of(), false, List.of(), false);

    public EthernetMatch {
        etherTypes = List.copyOf(etherTypes);
        sources = List.copyOf(sources);
        destinations = List.copyOf(destinations);
    }

    public static EthernetMatch etherTypes(Integer... etherTypes) {
        return new EthernetMatch(List.of(etherTypes), List.of(), false, List.of(), false);
    }

    /** The same, from these addresses only, each as {@link MacPrefix#parse} reads it. */
    public EthernetMatch from(String... macs) {
        return new EthernetMatch(etherTypes, prefixes(macs), false, destinations, destinationsNegated);
    }

    public EthernetMatch notFrom(String... macs) {
        return new EthernetMatch(etherTypes, prefixes(macs), true, destinations, destinationsNegated);
    }

    public EthernetMatch to(String... macs) {
        return new EthernetMatch(etherTypes, sources, sourcesNegated, prefixes(macs), false);
    }

    public EthernetMatch notTo(String... macs) {
        return new EthernetMatch(etherTypes, sources, sourcesNegated, prefixes(macs), true);
    }

    /** Whether it looks at nothing. */
    public boolean matchesEverything() {
        return etherTypes.isEmpty() && sources.isEmpty() && destinations.isEmpty();
    }

    /** No allocation; MAC addresses in the low 48 bits. */
    public boolean matches(int etherType, long sourceMac, long destinationMac) {
        return matchesType(etherType)
                && matches(sources, sourcesNegated, sourceMac)
                && matches(destinations, destinationsNegated, destinationMac);
    }

    private boolean matchesType(int etherType) {
        int wanted = etherType < FIRST_ETHER_TYPE ? LLC : etherType;
        for (int i = 0; i < etherTypes.size(); i++) {
            if (etherTypes.get(i) == wanted) {
                return true;
            }
        }
        return etherTypes.isEmpty();
    }

    private static boolean matches(List<MacPrefix> prefixes, boolean negated, long mac) {
        for (int i = 0; i < prefixes.size(); i++) {
            if (prefixes.get(i).contains(mac)) {
                return !negated;
            }
        }
        return negated || prefixes.isEmpty();
    }

    private static List<MacPrefix> prefixes(String... macs) {
        return List.of(macs).stream().map(MacPrefix::parse).toList();
    }
}
