package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a VM may do on its vNIC beyond what an end system does; nothing by default.
 *
 * @param spoofGuard which IP addresses it may use, in IP, ARP and neighbour discovery: {@code pinned} (default): those declared;
 *     {@code learned}: also those that it claims first or gets by DHCP; {@code disabled}: any, as a router must. The MAC address is always pinned
 * @param learnedAddresses how many it may claim with {@code learned}, 1 to 64; 16 by default
 * @param discovery with {@code learned}: what addresses are taken from, of {@code arp}, {@code nd} and {@code dhcp}; groups hold them then.
 *     Without it they are taken from all three and are in no group
 * @param dhcpServer whether it may answer DHCP and DHCPv6 clients
 * @param router whether it may send IPv6 router advertisements and redirects
 * @param bridge whether it may send spanning tree, LLDP and the like
 */
public record ProtectionSpec(
        @Nullable String spoofGuard,
        @Nullable Integer learnedAddresses,
        @Nullable List<String> discovery,
        @Nullable Boolean dhcpServer,
        @Nullable Boolean router,
        @Nullable Boolean bridge) {}
