package io.portcullis.vnic;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.List;

/**
 * A VM with all its vNICs, which are attached, moved and detached as one.
 *
 * @param replica whether its connections are kept on a second host too; left out where it is false, for earlier releases
 */
public record VmSpec(
        VmId vm,
        List<VnicSpec> vnics,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean replica) implements CborSerializable {
    public VmSpec {
        VmId same = vm;
        vnics = vnics.stream().map(vnic -> vnic.of(same)).toList();
        if (vnics.isEmpty()) {
            throw new IllegalArgumentException("VM " + vm + " has no vNIC");
        }
        for (VnicSpec vnic : vnics) {
            if (!vnic.vnic().vm().equals(vm)) {
                throw new IllegalArgumentException("vNIC " + vnic.vnic() + " does not belong to VM " + vm);
            }
        }
    }

    /** Without a replica. */
    public VmSpec(VmId vm, List<VnicSpec> vnics) {
        this(vm, vnics, false);
    }

    /** With, or without a replica. */
    public VmSpec withReplica(boolean wanted) {
        return new VmSpec(vm, vnics, wanted);
    }

    public List<VnicId> vnicIds() {
        return vnics.stream().map(VnicSpec::vnic).toList();
    }
}
