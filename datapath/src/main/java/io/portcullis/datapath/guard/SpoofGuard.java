package io.portcullis.datapath.guard;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.NeighbourDiscovery;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Binds MAC and IP addresses to a vNIC. What the VM sends carries its own addresses, in the Ethernet and IP header and
 * inside ARP (RFC 826) and neighbour discovery (RFC 4861); exceptions are the DHCP client (RFC 2131), ARP probes
 * (RFC 5227), and what a VM without an IPv6 address sends from {@code ::} (RFC 4862, 3810). What it receives is for its
 * MAC address or a group, and not from itself. Neighbour discovery is valid in both directions.
 *
 * <p>Where the vNIC may learn, an address is its own once the VM has claimed it: as sender of ARP, as target of its neighbour messages,
 * or when a DHCP server has given it to this MAC; with discovery, only by those of these that it trusts. Which are discovered so, says {@link #discovered}.
 *
 * <p>Where it may use foreign addresses, only MAC addresses are bound, and others may not use the declared addresses still.
 *
 * <p>One thread, no allocation per call.
 */
public final class SpoofGuard {
    private static final int MLD_REPORT = 131;
    private static final int MLD_DONE = 132;
    private static final int MLD2_REPORT = 143;

    private final long mac;
    private final List<InetAddress> declared;
    private final VnicProtection protection;
    private final boolean allowsForeign;
    private final boolean learns;
    /** Null before the first frame whose address matters, unless it may learn. */
    private @Nullable OwnAddresses own;

    public SpoofGuard(MacAddress mac, List<InetAddress> declared, VnicProtection protection) {
        this.mac = mac.value();
        this.declared = declared;
        this.protection = protection;
        allowsForeign = protection.allowsForeignAddresses();
        learns = protection.learnedAddresses() > 0;
        if (learns) {
            own = new OwnAddresses(this.mac, declared, protection);
        }
    }

    private OwnAddresses own() {
        OwnAddresses made = own;
        if (made == null) {
            made = new OwnAddresses(mac, declared, protection);
            own = made;
        }
        return made;
    }

    /** Null if the frame is honest, else why not. */
    public @Nullable Offence check(PacketView packet, Direction direction) {
        Offence offence = direction == Direction.OUT ? checkOut(packet) : checkIn(packet);
        if (offence == null && packet.isNeighbourDiscovery()) {
            return checkNeighbourDiscovery(packet, direction);
        }
        return offence;
    }

    /** An address that the vNIC has used elsewhere before: it stays its own, if there is room. IPv4 in the low 32 bits. */
    public void remember(IpFamily family, long high, long low) {
        if (learns) {
            boolean _ = family == IpFamily.IPV4
                    ? own().takeIpv4((int) low, null, OwnAddresses.NO_LEASE)
                    : own().takeIpv6(high, low, null, OwnAddresses.NO_LEASE);
        }
    }

    /** Takes in what is known of the vNIC elsewhere, and, if so told, forgets what else it has learned. */
    public void learn(List<DiscoveredAddress> known, boolean forgetOthers) {
        if (learns) {
            own().learn(known, forgetOthers);
        }
    }

    /** What the vNIC was found to have, by sources that it trusts, as of the last {@link #expire}; null if it discovers nothing. */
    public @Nullable List<DiscoveredAddress> discovered() {
        return own == null ? null : own.discovered();
    }

    /** Forgets addresses whose lease is over; call it every second or so. */
    public void expire(long nowNanos) {
        if (own != null) {
            own.expire(nowNanos);
        }
    }

    /** Whether it may learn addresses at all. */
    public boolean learns() {
        return learns;
    }

    /** Adds what was counted, by name; zeros are left out. */
    public void addCounters(Map<String, Long> counters) {
        if (own == null) {
            return;
        }
        if (own.learned() != 0) {
            counters.put("addresses.learned", (long) own.learned());
        }
        if (own.refused() != 0) {
            counters.put("addresses.refused", own.refused());
        }
        if (own.ended() != 0) {
            counters.put("addresses.ended", own.ended());
        }
        if (own.putOff() != 0) {
            counters.put("addresses.put-off", own.putOff());
        }
    }

    private @Nullable Offence checkOut(PacketView packet) {
        if (packet.sourceMac != mac) {
            return Offence.SPOOF;
        }
        // id 0 is a mere priority (802.1p)
        if (packet.vlan > 0) {
            return Offence.VLAN;
        }
        boolean isOwn = switch (packet.etherType) {
            case EtherTypes.ARP ->
                packet.arpSenderMac == mac
                        && (allowsForeign
                                || packet.arpSenderAddress == 0
                                || own().takeIpv4(packet.arpSenderAddress, AddressSource.ARP, OwnAddresses.NO_LEASE));
            case EtherTypes.IPV4 -> allowsForeign || own().holdsIpv4((int) packet.sourceLow) || isDhcpClient(packet);
            case EtherTypes.IPV6 ->
                allowsForeign
                        || own().holdsIpv6(packet.sourceHigh, packet.sourceLow)
                        || isFromUnspecifiedAllowed(packet)
                        || claimsByNeighbourDiscovery(packet);
            default -> true;
        };
        if (isOwn && learns) {
            DhcpLease.applyRelease(packet, mac, own());
        }
        return isOwn ? null : Offence.SPOOF;
    }

    private @Nullable Offence checkIn(PacketView packet) {
        if (packet.sourceMac == mac) {
            return Offence.LOOP;
        }
        if (packet.destinationMac != mac && !packet.isGroupFrame()) {
            return Offence.FOREIGN_MAC;
        }
        // ARP and ND in the VM's name must reach it: they are how it learns of a duplicate address (RFC 5227, 4862)
        boolean isInOurName = switch (packet.etherType) {
            case EtherTypes.IPV4 -> own().holdsIpv4((int) packet.sourceLow);
            case EtherTypes.IPV6 ->
                !packet.isNeighbourDiscovery() && own().holdsIpv6(packet.sourceHigh, packet.sourceLow);
            default -> false;
        };
        if (isInOurName) {
            return Offence.SPOOF;
        }
        if (learns) {
            DhcpLease.apply(packet, mac, own());
            if (packet.destinationMac == mac) {
                Dhcpv6Lease.apply(packet, own());
            }
        }
        return null;
    }

    private static boolean isDhcpClient(PacketView packet) {
        return packet.sourceLow == 0
                && packet.isUdp()
                && !packet.isFragment
                && packet.sourcePort == 68
                && packet.destinationPort == 67;
    }

    private static boolean isFromUnspecifiedAllowed(PacketView packet) {
        if (packet.sourceHigh != 0 || packet.sourceLow != 0 || !packet.isIcmp() || packet.isFragment) {
            return false;
        }
        return switch (packet.icmpType) {
            case NeighbourDiscovery.ROUTER_SOLICITATION,
                    NeighbourDiscovery.NEIGHBOUR_SOLICITATION,
                    MLD_REPORT,
                    MLD_DONE,
                    MLD2_REPORT -> true;
            default -> false;
        };
    }

    /** A neighbour message whose sender is learned with it; what it says is checked behind this. */
    private boolean claimsByNeighbourDiscovery(PacketView packet) {
        return learns
                && packet.isNeighbourDiscovery()
                && NeighbourDiscovery.isValid(packet)
                && NeighbourDiscovery.bindsOnly(packet, mac)
                && own().takeIpv6(packet.sourceHigh, packet.sourceLow, AddressSource.ND, OwnAddresses.NO_LEASE);
    }

    private @Nullable Offence checkNeighbourDiscovery(PacketView packet, Direction direction) {
        if (!NeighbourDiscovery.isValid(packet)) {
            return Offence.ND_INVALID;
        }
        if (direction == Direction.IN) {
            return null;
        }
        boolean isAboutItself = packet.icmpType == NeighbourDiscovery.NEIGHBOUR_ADVERTISEMENT
                || (packet.icmpType == NeighbourDiscovery.NEIGHBOUR_SOLICITATION
                        && packet.sourceHigh == 0
                        && packet.sourceLow == 0);
        boolean isHonest = NeighbourDiscovery.bindsOnly(packet, mac)
                && (allowsForeign
                        || !isAboutItself
                        || own().takeIpv6(
                                        NeighbourDiscovery.targetHigh(packet),
                                        NeighbourDiscovery.targetLow(packet),
                                        AddressSource.ND,
                                        OwnAddresses.NO_LEASE));
        return isHonest ? null : Offence.SPOOF;
    }
}
