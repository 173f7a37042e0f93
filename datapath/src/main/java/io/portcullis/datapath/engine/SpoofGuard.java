package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Binds MAC and IP addresses to a vNIC. What the VM sends carries its own addresses, in the Ethernet and IP header and
 * inside ARP (RFC 826) and neighbour discovery (RFC 4861); exceptions are the DHCP client (RFC 2131), ARP probes
 * (RFC 5227), and what a VM without an IPv6 address sends from {@code ::} (RFC 4862, 3810). What it receives is for its
 * MAC address or a group, and not from itself. Immutable, no allocation per call.
 */
final class SpoofGuard {
    private static final int ND_HOP_LIMIT = 255;
    private static final int ROUTER_SOLICITATION = 133;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int NEIGHBOUR_SOLICITATION = 135;
    private static final int NEIGHBOUR_ADVERTISEMENT = 136;
    private static final int REDIRECT = 137;
    private static final int MLD_REPORT = 131;
    private static final int MLD_DONE = 132;
    private static final int MLD2_REPORT = 143;
    private static final int SOURCE_LINK_LAYER = 1;
    private static final int TARGET_LINK_LAYER = 2;

    private final long mac;
    private final long[] ipv4;
    /** High and low half of one address after the other. */
    private final long[] ipv6;

    SpoofGuard(VnicIdentity identity) {
        mac = identity.mac().value();
        List<InetAddress> addresses = identity.addresses();
        ipv4 = addresses.stream()
                .filter(Inet4Address.class::isInstance)
                .mapToLong(address -> Integer.toUnsignedLong(
                        ByteBuffer.wrap(address.getAddress()).getInt()))
                .toArray();
        List<InetAddress> six =
                addresses.stream().filter(a -> !(a instanceof Inet4Address)).toList();
        ipv6 = new long[2 * six.size() + 2];
        for (int i = 0; i < six.size(); i++) {
            ByteBuffer bytes = ByteBuffer.wrap(six.get(i).getAddress());
            ipv6[2 * i] = bytes.getLong();
            ipv6[2 * i + 1] = bytes.getLong();
        }
        // the link-local address that every IPv6 host makes from its MAC (RFC 4291, appendix A)
        ipv6[ipv6.length - 2] = 0xfe80_0000_0000_0000L;
        ipv6[ipv6.length - 1] = (((mac >>> 24) ^ 0x02_0000L) << 40) | 0xff_fe00_0000L | (mac & 0xff_ffffL);
    }

    /** Null if the frame is honest, else why not. */
    @Nullable
    DropReason check(PacketView packet, Direction direction) {
        DropReason reason = direction == Direction.OUT ? checkOut(packet) : checkIn(packet);
        if (reason == null && packet.isNeighbourDiscovery()) {
            return checkNeighbourDiscovery(packet, direction);
        }
        return reason;
    }

    private @Nullable DropReason checkOut(PacketView packet) {
        if (packet.sourceMac != mac) {
            return DropReason.SPOOF;
        }
        // id 0 is a mere priority (802.1p)
        if (packet.vlan > 0) {
            return DropReason.VLAN;
        }
        boolean isOwn = switch (packet.etherType) {
            case EtherTypes.ARP ->
                packet.arpSenderMac == mac && (packet.arpSenderAddress == 0 || isOwnIpv4(packet.arpSenderAddress));
            case EtherTypes.IPV4 -> isOwnIpv4((int) packet.sourceLow) || isDhcpClient(packet);
            case EtherTypes.IPV6 -> isOwnIpv6(packet.sourceHigh, packet.sourceLow) || isFromUnspecifiedAllowed(packet);
            default -> true;
        };
        return isOwn ? null : DropReason.SPOOF;
    }

    private @Nullable DropReason checkIn(PacketView packet) {
        if (packet.sourceMac == mac) {
            return DropReason.LOOP;
        }
        if (packet.destinationMac != mac && !packet.isGroupFrame()) {
            return DropReason.FOREIGN_MAC;
        }
        // ARP and ND in the VM's name must reach it: they are how it learns of a duplicate address (RFC 5227, 4862)
        boolean isInOurName = switch (packet.etherType) {
            case EtherTypes.IPV4 -> isOwnIpv4((int) packet.sourceLow);
            case EtherTypes.IPV6 -> !packet.isNeighbourDiscovery() && isOwnIpv6(packet.sourceHigh, packet.sourceLow);
            default -> false;
        };
        return isInOurName ? DropReason.SPOOF : null;
    }

    private boolean isDhcpClient(PacketView packet) {
        return packet.sourceLow == 0
                && packet.isUdp()
                && !packet.isFragment
                && packet.sourcePort == 68
                && packet.destinationPort == 67;
    }

    private boolean isFromUnspecifiedAllowed(PacketView packet) {
        if (packet.sourceHigh != 0 || packet.sourceLow != 0 || !packet.isIcmp() || packet.isFragment) {
            return false;
        }
        return switch (packet.icmpType) {
            case ROUTER_SOLICITATION, NEIGHBOUR_SOLICITATION, MLD_REPORT, MLD_DONE, MLD2_REPORT -> true;
            default -> false;
        };
    }

    private @Nullable DropReason checkNeighbourDiscovery(PacketView packet, Direction direction) {
        if (packet.hopLimit != ND_HOP_LIMIT || packet.isFragment) {
            return DropReason.ND_INVALID;
        }
        int optionsAt = switch (packet.icmpType) {
            case ROUTER_SOLICITATION -> 8;
            case ROUTER_ADVERTISEMENT -> 16;
            case REDIRECT -> 40;
            default -> 24;
        };
        if (packet.transportLength < optionsAt) {
            return DropReason.ND_INVALID;
        }
        if (direction == Direction.OUT) {
            // a VM is no router
            if (packet.icmpType == ROUTER_ADVERTISEMENT || packet.icmpType == REDIRECT) {
                return DropReason.SPOOF;
            }
            boolean isAboutItself = packet.icmpType == NEIGHBOUR_ADVERTISEMENT
                    || (packet.icmpType == NEIGHBOUR_SOLICITATION && packet.sourceHigh == 0 && packet.sourceLow == 0);
            if (isAboutItself && !isOwnIpv6(target(packet, 8), target(packet, 16))) {
                return DropReason.SPOOF;
            }
        }
        return checkOptions(packet, optionsAt, direction);
    }

    /** Walks the options of an ND message: each a multiple of 8 bytes; link-layer addresses that the VM sends are its own. */
    private @Nullable DropReason checkOptions(PacketView packet, int optionsAt, Direction direction) {
        int at = packet.transportOffset + optionsAt;
        int end = packet.transportOffset + packet.transportLength;
        while (at < end) {
            int rest = end - at;
            int bytes = rest < 8 ? 0 : Wire.u8(packet.memory, at + 1L) << 3;
            if (bytes == 0 || bytes > rest) {
                return DropReason.ND_INVALID;
            }
            int type = Wire.u8(packet.memory, at);
            boolean isLinkLayer = type == SOURCE_LINK_LAYER || type == TARGET_LINK_LAYER;
            if (direction == Direction.OUT && isLinkLayer && Wire.u48(packet.memory, at + 2L) != mac) {
                return DropReason.SPOOF;
            }
            at += bytes;
        }
        return null;
    }

    private static long target(PacketView packet, int offset) {
        return Wire.i64(packet.memory, (long) packet.transportOffset + offset);
    }

    private boolean isOwnIpv4(int address) {
        long unsigned = Integer.toUnsignedLong(address);
        for (int i = 0; i < ipv4.length; i++) {
            if (ipv4[i] == unsigned) {
                return true;
            }
        }
        return false;
    }

    private boolean isOwnIpv6(long high, long low) {
        for (int i = 0; i < ipv6.length; i += 2) {
            if (ipv6[i] == high && ipv6[i + 1] == low) {
                return true;
            }
        }
        return false;
    }
}
