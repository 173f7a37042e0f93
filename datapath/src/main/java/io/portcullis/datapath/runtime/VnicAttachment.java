package io.portcullis.datapath.runtime;

import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.net.InetAddress;
import java.util.List;

/**
 * Where and as what a vNIC is attached to this host.
 *
 * @param epoch ownership epoch under which the host holds the vNIC; lower ones are refused from then on
 * @param addresses the only source addresses that the VM may use (SpoofGuard)
 * @param vlan VLAN id of the vNIC's segment on the uplinks, 1 to 4,094
 * @param port specification for {@link io.portcullis.datapath.port.PortBackend#openVmPort}
 * @param maxConnections hard limit of the connection table
 */
public record VnicAttachment(
        VnicId vnic,
        long epoch,
        MacAddress mac,
        List<InetAddress> addresses,
        int vlan,
        String port,
        int maxConnections) {
    public VnicAttachment {
        addresses = List.copyOf(addresses);
        if (vlan < 1 || vlan > 4_094) {
            throw new IllegalArgumentException("VLAN id " + vlan + " is not between 1 and 4,094");
        }
    }
}
