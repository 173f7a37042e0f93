package io.portcullis.policy.model;

import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.net.InetAddress;
import java.util.List;

/**
 * One virtual NIC as the inventory declares it.
 *
 * @param addresses IPv4 and IPv6 addresses that the vNIC may use; in the order given
 * @param segment name of the segment that it is plugged into
 * @param port where its frames come from on a host: {@code tap:NETNS/eth0}, {@code memory:NAME}
 */
public record Vnic(VnicId id, MacAddress mac, List<InetAddress> addresses, String segment, String port) {
    public Vnic {
        addresses = List.copyOf(addresses);
    }
}
