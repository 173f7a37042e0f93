package io.portcullis.policy;

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
 */
public record VnicProtection(
        boolean allowsDhcpServer,
        boolean allowsRouter,
        boolean allowsBridge,
        boolean allowsForeignAddresses,
        int learnedAddresses) {
    public static final int MAX_LEARNED_ADDRESSES = 64;
    /** For who wants learning and names no number: IPv4, and IPv6 with its temporary addresses (RFC 8981). */
    public static final int DEFAULT_LEARNED_ADDRESSES = 16;

    /** An end system with declared addresses. */
    public static final VnicProtection STRICT = new VnicProtection(false, false, false, false, 0);

    public VnicProtection {
        if (learnedAddresses < 0 || learnedAddresses > MAX_LEARNED_ADDRESSES) {
            throw new IllegalArgumentException(
                    learnedAddresses + " learned addresses; use 0 to " + MAX_LEARNED_ADDRESSES);
        }
        if (allowsForeignAddresses && learnedAddresses > 0) {
            throw new IllegalArgumentException("there is nothing to learn where any address may be used");
        }
    }

    public VnicProtection withLearnedAddresses(int count) {
        return new VnicProtection(allowsDhcpServer, allowsRouter, allowsBridge, allowsForeignAddresses, count);
    }

    /** Whether the VM may come to use addresses that are not declared for its vNIC. */
    public boolean mayUseUndeclared() {
        return allowsForeignAddresses || learnedAddresses > 0;
    }
}
