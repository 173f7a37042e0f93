package io.portcullis.vnic;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a host must know to attach one vNIC; the same on every host.
 *
 * @param addresses the only source addresses that the VM may use, but for what {@code protection} allows
 * @param vlan VLAN id of the vNIC's segment on the uplinks
 * @param port where the VM's frames are found, for example {@code tap:web-1/eth0}
 * @param protection what else the VM may do and use; left out where it is strict, as nearly always: journal, directory and messages are the smaller for it
 */
public record VnicSpec(
        VnicId vnic,
        MacAddress mac,
        List<InetAddress> addresses,
        int vlan,
        String port,

        @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Strict.class)
        VnicProtection protection)
        implements CborSerializable {
    /** Equal to what is not written. */
    static final class Strict {
        @Override
        public boolean equals(@Nullable Object other) {
            return VnicProtection.STRICT.equals(other);
        }

        @Override
        public int hashCode() {
            return VnicProtection.STRICT.hashCode();
        }
    }

    public VnicSpec {
        addresses = List.copyOf(addresses);
        // stored without where it is strict, and before there was a choice
        protection = protection == null ? VnicProtection.STRICT : protection.orStrict();
    }

    /** An end system with declared addresses. */
    public VnicSpec(VnicId vnic, MacAddress mac, List<InetAddress> addresses, int vlan, String port) {
        this(vnic, mac, addresses, vlan, port, VnicProtection.STRICT);
    }

    /** Of a vNIC as the inventory has it, in a segment with this VLAN. */
    public static VnicSpec of(Vnic vnic, int vlan) {
        return new VnicSpec(vnic.id(), vnic.mac(), vnic.addresses(), vlan, vnic.port(), vnic.protection());
    }

    /** The same with this very id of its VM, if it is its VM's: each message makes new ones, and all are kept. */
    VnicSpec of(VmId vm) {
        return vnic.vm().equals(vm)
                ? new VnicSpec(new VnicId(vm, vnic.name()), mac, addresses, vlan, port, protection)
                : this;
    }

    VnicAttachment attachment(long epoch, int maxConnections) {
        return new VnicAttachment(vnic, epoch, mac, addresses, vlan, port, maxConnections, protection);
    }
}
