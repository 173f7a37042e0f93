package io.portcullis.policy.model;

import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.util.List;

/**
 * One virtual NIC as the inventory declares it.
 *
 * @param addresses IPv4 and IPv6 addresses that the vNIC may use; in the order given
 * @param segment name of the segment that it is plugged into
 * @param port where its frames come from on a host: {@code tap:NETNS/eth0}, {@code memory:NAME}
 * @param protection what else the VM may do and use
 */
public record Vnic(
        VnicId id,
        MacAddress mac,
        List<InetAddress> addresses,
        String segment,
        String port,
        VnicProtection protection) {
    public Vnic {
        addresses = List.copyOf(addresses);
        // vNICs that were stored before there was a choice name none
        protection = protection == null ? VnicProtection.STRICT : protection;
    }

    /** An end system with declared addresses. */
    public Vnic(VnicId id, MacAddress mac, List<InetAddress> addresses, String segment, String port) {
        this(id, mac, addresses, segment, port, VnicProtection.STRICT);
    }

    public Vnic withProtection(VnicProtection newProtection) {
        return new Vnic(id, mac, addresses, segment, port, newProtection);
    }
}
