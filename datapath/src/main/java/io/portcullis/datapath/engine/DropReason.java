package io.portcullis.datapath.engine;

import io.portcullis.datapath.guard.Offence;
import java.util.Locale;

/** Why a frame was not allowed; counted as {@code dropped.<direction>.<counterName>}. */
public enum DropReason {
    /** There is no rule table yet. */
    NO_POLICY,
    /** The parser could not trust it; which fault is counted as {@code malformed.<fault>}. */
    MALFORMED,
    /** A checksum is wrong, at a port whose checksums are verified. */
    CHECKSUM,
    /** The VM used a MAC, IP, ARP or ND identity that is not its vNIC's, or somebody else used the VM's. */
    SPOOF,
    /** The VM's own frame came back from the network, for example a broadcast while it moves. */
    LOOP,
    /** For a unicast MAC address that is not the VM's. */
    FOREIGN_MAC,
    /** The VM sent a tagged frame; segments are untagged towards VMs. */
    VLAN,
    /** Neither IP nor ARP, and no rule of category ETHERNET allows it. */
    ETHERTYPE,
    /** Neighbour discovery that crossed a router (hop limit is not 255), is malformed (RFC 4861) or in fragments (RFC 6980). */
    ND_INVALID,
    /** A rule or the default says DROP. */
    POLICY,
    /** A rule or the default says REJECT. */
    REJECT,
    /** No valid next packet of its connection and no valid first one. */
    INVALID,
    /** A later fragment whose first fragment was not allowed, is not known, or is overlapped by it. */
    FRAGMENT,
    /** The VM answers DHCP clients and may not. */
    DHCP_SERVER,
    /** The VM sends IPv6 router advertisements or redirects and may not. */
    ROUTER,
    /** The VM sends to bridges (spanning tree, LLDP) and may not. */
    BRIDGE,
    /** The connection table is at its limit. */
    TABLE_FULL,
    /** A SYN beyond the limit of handshakes or new connections; it passes when it comes again. */
    SYN_PUT_OFF,
    /** The first packet of another connection beyond the limit of new ones per second. */
    NEW_RATE,
    /** A new revision cut its connection. */
    CUT;

    static DropReason of(Offence offence) {
        return switch (offence) {
            case SPOOF -> SPOOF;
            case LOOP -> LOOP;
            case FOREIGN_MAC -> FOREIGN_MAC;
            case VLAN -> VLAN;
            case ND_INVALID -> ND_INVALID;
            case DHCP_SERVER -> DHCP_SERVER;
            case ROUTER -> ROUTER;
            case BRIDGE -> BRIDGE;
        };
    }

    private final String counterName = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** Name in counters; stable. */
    public String counterName() {
        return counterName;
    }
}
