package io.portcullis.policy;

/**
 * What a VM may do beyond what an end system does, and which addresses are its own. Begin with {@link #STRICT}.
 *
 * @param allowsDhcpServer it may answer DHCP and DHCPv6 clients
 * @param allowsRouter it may send IPv6 router advertisements and redirects
 * @param allowsBridge it may send to the group addresses that no bridge forwards: spanning tree, LLDP, LACP, flow control
 * @param learnedAddresses how many addresses it may take by ARP, neighbour discovery or DHCP beside the declared ones, 0 to
 *     {@value #MAX_LEARNED_ADDRESSES}; 0 pins it to the declared ones
 */
public record VnicProtection(
        boolean allowsDhcpServer, boolean allowsRouter, boolean allowsBridge, int learnedAddresses) {
    public static final int MAX_LEARNED_ADDRESSES = 64;

    /** An end system with declared addresses. */
    public static final VnicProtection STRICT = new VnicProtection(false, false, false, 0);

    public VnicProtection {
        if (learnedAddresses < 0 || learnedAddresses > MAX_LEARNED_ADDRESSES) {
            throw new IllegalArgumentException(
                    learnedAddresses + " learned addresses; use 0 to " + MAX_LEARNED_ADDRESSES);
        }
    }

    public VnicProtection withLearnedAddresses(int count) {
        return new VnicProtection(allowsDhcpServer, allowsRouter, allowsBridge, count);
    }
}
