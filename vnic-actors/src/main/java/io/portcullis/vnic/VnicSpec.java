package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.net.InetAddress;
import java.util.List;

/**
 * What a host must know to attach one vNIC; the same on every host.
 *
 * @param addresses the only source addresses that the VM may use
 * @param vlan VLAN id of the vNIC's segment on the uplinks
 * @param port where the VM's frames are found, for example {@code tap:web-1/eth0}
 */
public record VnicSpec(VnicId vnic, MacAddress mac, List<InetAddress> addresses, int vlan, String port)
        implements CborSerializable {
    public VnicSpec {
        addresses = List.copyOf(addresses);
    }

    VnicAttachment attachment(long epoch, int maxConnections) {
        return new VnicAttachment(vnic, epoch, mac, addresses, vlan, port, maxConnections);
    }
}
