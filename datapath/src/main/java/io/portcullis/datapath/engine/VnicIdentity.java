package io.portcullis.datapath.engine;

import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.util.List;

/**
 * Who a vNIC is on the wire. The link-local IPv6 address that is made from the MAC (RFC 4291, appendix A) belongs to it
 * without being listed.
 *
 * @param addresses the only other source addresses that the VM may use, but for what {@code protection} allows
 */
public record VnicIdentity(VnicId vnic, MacAddress mac, List<InetAddress> addresses, VnicProtection protection) {
    /** An end system with declared addresses. */
    public VnicIdentity(VnicId vnic, MacAddress mac, List<InetAddress> addresses) {
        this(vnic, mac, addresses, VnicProtection.STRICT);
    }

    public VnicIdentity {
        if (mac.isGroup()) {
            throw new IllegalArgumentException("the MAC address " + mac + " of " + vnic + " is a group address");
        }
        addresses = List.copyOf(addresses);
    }
}
