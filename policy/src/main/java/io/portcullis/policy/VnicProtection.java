package io.portcullis.policy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a VM may do beyond what an end system does, and which addresses are its own. Begin with {@link #STRICT}.
 *
 * @param allowsDhcpServer it may answer DHCP and DHCPv6 clients
 * @param allowsRouter it may send IPv6 router advertisements and redirects
 * @param allowsBridge it may send to the group addresses that no bridge forwards: spanning tree, LLDP, LACP, flow control
 * @param allowsForeignAddresses it may send from any IP address and speak for any in ARP and neighbour discovery, as who routes for
 *     others must; its MAC address stays its only one
 * @param learnedAddresses how many addresses it may take by ARP, neighbour discovery or DHCP beside the declared ones, 0 to
 *     {@value #MAX_LEARNED_ADDRESSES}; 0 pins it to the declared ones
 * @param discovery what it takes these addresses from; they count as the vNIC's own then, in groups too. If empty, it takes them from
 *     anything, and they are in no group
 */
public record VnicProtection(
        boolean allowsDhcpServer,
        boolean allowsRouter,
        boolean allowsBridge,
        boolean allowsForeignAddresses,
        int learnedAddresses,
        Set<AddressSource> discovery) {
    public static final int MAX_LEARNED_ADDRESSES = 64;
    /** For who wants learning and names no number: IPv4, and IPv6 with its temporary addresses (RFC 8981). */
    public static final int DEFAULT_LEARNED_ADDRESSES = 16;

    /** An end system with declared addresses. */
    public static final VnicProtection STRICT = new VnicProtection(false, false, false, false, 0);

    public VnicProtection {
        // what was stored before there was discovery has none
        discovery = discovery == null || discovery.isEmpty()
                ? Set.of()
                : Collections.unmodifiableSet(EnumSet.copyOf(discovery));
        if (learnedAddresses < 0 || learnedAddresses > MAX_LEARNED_ADDRESSES) {
            throw new IllegalArgumentException(
                    learnedAddresses + " learned addresses; use 0 to " + MAX_LEARNED_ADDRESSES);
        }
        if (allowsForeignAddresses && learnedAddresses > 0) {
            throw new IllegalArgumentException("there is nothing to learn where any address may be used");
        }
        if (learnedAddresses == 0 && !discovery.isEmpty()) {
            throw new IllegalArgumentException("nothing is discovered where no address is learned");
        }
    }

    /** Without discovery. */
    public VnicProtection(
            boolean allowsDhcpServer,
            boolean allowsRouter,
            boolean allowsBridge,
            boolean allowsForeignAddresses,
            int learnedAddresses) {
        this(allowsDhcpServer, allowsRouter, allowsBridge, allowsForeignAddresses, learnedAddresses, Set.of());
    }

    /** This one, or {@link #STRICT} itself if it is equal: of the many that are stored and sent, most are. */
    public VnicProtection orStrict() {
        return equals(STRICT) ? STRICT : this;
    }

    public VnicProtection withLearnedAddresses(int count) {
        return new VnicProtection(
                allowsDhcpServer, allowsRouter, allowsBridge, allowsForeignAddresses, count, discovery);
    }

    /** The same, discovering addresses from these sources, as many as it may learn. */
    public VnicProtection withDiscovery(AddressSource... sources) {
        return new VnicProtection(
                allowsDhcpServer,
                allowsRouter,
                allowsBridge,
                allowsForeignAddresses,
                learnedAddresses,
                Set.copyOf(List.of(sources)));
    }

    /** Whether addresses that are learned count as the vNIC's own. */
    public boolean discovers() {
        return !discovery.isEmpty();
    }

    /** Whether the VM may take an address by this. */
    public boolean learnsFrom(AddressSource source) {
        return learnedAddresses > 0 && (discovery.isEmpty() || discovery.contains(source));
    }

    /** Whether the VM may come to use addresses that are not declared for its vNIC. */
    public boolean mayUseUndeclared() {
        return allowsForeignAddresses || learnedAddresses > 0;
    }
}
