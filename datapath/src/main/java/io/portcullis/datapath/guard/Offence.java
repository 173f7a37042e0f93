package io.portcullis.datapath.guard;

/** Why a guard refuses a frame. */
public enum Offence {
    /** The VM used a MAC, IP, ARP or ND identity that is not its vNIC's, or somebody else used the VM's. */
    SPOOF,
    /** The VM's own frame came back from the network. */
    LOOP,
    /** For a unicast MAC address that is not the VM's. */
    FOREIGN_MAC,
    /** The VM sent a tagged frame. */
    VLAN,
    /** Neighbour discovery that no RFC allows. */
    ND_INVALID,
    /** The VM answers DHCP clients. */
    DHCP_SERVER,
    /** The VM advertises itself as a router, or redirects. */
    ROUTER,
    /** The VM speaks to bridges: spanning tree and the like. */
    BRIDGE
}
