package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.List;

/** A VM with all its vNICs, which are attached, moved and detached as one. */
public record VmSpec(VmId vm, List<VnicSpec> vnics) implements CborSerializable {
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

    public List<VnicId> vnicIds() {
        return vnics.stream().map(VnicSpec::vnic).toList();
    }
}
