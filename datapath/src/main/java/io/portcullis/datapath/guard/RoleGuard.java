package io.portcullis.datapath.guard;

import io.portcullis.datapath.packet.NeighbourDiscovery;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.VnicProtection;
import org.jspecify.annotations.Nullable;

/**
 * What an end system has no business to send, unless the vNIC may:
 * <ul>
 *   <li>to clients of DHCP (RFC 2131: port 68) and DHCPv6 (RFC 8415: port 546), so that it is no rogue server;
 *   <li>router advertisements and redirects (RFC 6105). Neither extension headers nor fragments hide them (RFC 7113): the parser walks
 *       every header of a chain it knows and refuses a first fragment that does not hold the whole chain, and neighbour discovery in fragments
 *       is never valid (RFC 6980);
 *   <li>frames to the group addresses that no bridge forwards, 01:80:c2:00:00:00 to 0f (IEEE 802.1D, 7.12.6), and their relatives of
 *       Cisco's, 01:00:0c:cc:cc:cc to cf.
 * </ul>
 * Immutable, no allocation per call. Only what the VM sends is looked at.
 */
public final class RoleGuard {
    private static final int DHCPV6_CLIENT_PORT = 546;
    private static final long IEEE_BRIDGE_GROUP = 0x0180_c200_0000L;
    private static final long CISCO_GROUP = 0x0100_0ccc_ccccL;

    private final VnicProtection protection;

    public RoleGuard(VnicProtection protection) {
        this.protection = protection;
    }

    /** Null if the VM may send the frame, else why not. */
    public @Nullable Offence check(PacketView packet) {
        if (packet.isGroupFrame() && isBridgeGroup(packet.destinationMac) && !protection.allowsBridge()) {
            return Offence.BRIDGE;
        }
        if (packet.family == null || packet.isLaterFragment) {
            return null;
        }
        if (packet.isUdp()) {
            boolean isToClient =
                    packet.destinationPort == DhcpLease.CLIENT_PORT || packet.destinationPort == DHCPV6_CLIENT_PORT;
            return isToClient && !protection.allowsDhcpServer() ? Offence.DHCP_SERVER : null;
        }
        if (packet.isNeighbourDiscovery()) {
            boolean isRouter = packet.icmpType == NeighbourDiscovery.ROUTER_ADVERTISEMENT
                    || packet.icmpType == NeighbourDiscovery.REDIRECT;
            return isRouter && !protection.allowsRouter() ? Offence.ROUTER : null;
        }
        return null;
    }

    private static boolean isBridgeGroup(long mac) {
        return mac >>> 4 == IEEE_BRIDGE_GROUP >>> 4 || mac >>> 2 == CISCO_GROUP >>> 2;
    }
}
