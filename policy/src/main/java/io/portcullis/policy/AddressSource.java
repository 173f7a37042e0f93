package io.portcullis.policy;

/** From what a host discovers that a vNIC has an address. */
public enum AddressSource {
    /** The VM's own ARP: requests, answers and announcements (RFC 826, 5227). */
    ARP,
    /** The VM's own neighbour discovery: duplicate address detection, solicitations, advertisements (RFC 4861, 4862). */
    ND,
    /** A DHCP or DHCPv6 server's answer to the VM (RFC 2131, 8415), never what the VM itself says. */
    DHCP
}
