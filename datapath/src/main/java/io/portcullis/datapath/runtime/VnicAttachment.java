package io.portcullis.datapath.runtime;

import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.util.List;

/**
 * Where and as what a vNIC is attached to this host.
 *
 * @param epoch ownership epoch under which the host holds the vNIC; lower ones are refused from then on
 * @param addresses the only source addresses that the VM may use (SpoofGuard), but for what {@code protection} allows
 * @param vlan VLAN id of the vNIC's segment on the uplinks, 1 to 4,094
 * @param port specification for {@link io.portcullis.datapath.port.PortBackend#openVmPort}
 * @param maxConnections hard limit of the connection table
 * @param protection what the VM may do beyond what an end system does
 */
public record VnicAttachment(
        VnicId vnic,
        long epoch,
        MacAddress mac,
        List<InetAddress> addresses,
        int vlan,
        String port,
        int maxConnections,
        VnicProtection protection) {
    public VnicAttachment {
        addresses = List.copyOf(addresses);
        if (vlan < 1 || vlan > 4_094) {
            throw new IllegalArgumentException("VLAN id " + vlan + " is not between 1 and 4,094");
        }
    }

    /** An end system with declared addresses. */
    public VnicAttachment(
            VnicId vnic,
            long epoch,
            MacAddress mac,
            List<InetAddress> addresses,
            int vlan,
            String port,
            int maxConnections) {
        this(vnic, epoch, mac, addresses, vlan, port, maxConnections, VnicProtection.STRICT);
    }

    public VnicAttachment withMaxConnections(int count) {
        return new VnicAttachment(vnic, epoch, mac, addresses, vlan, port, count, protection);
    }

    /** Whether the vNIC is the same thing on the wire, under whatever epoch and limit. */
    public boolean isSameAs(VnicAttachment other) {
        return vnic.equals(other.vnic)
                && mac.equals(other.mac)
                && vlan == other.vlan
                && port.equals(other.port)
                && addresses.equals(other.addresses)
                && protection.equals(other.protection);
    }
}
