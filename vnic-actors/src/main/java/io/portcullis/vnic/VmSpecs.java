package io.portcullis.vnic;

import io.portcullis.policy.VmId;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import java.util.Optional;

/** Makes from a tenant's inventory what a host must know of a VM. */
public final class VmSpecs {
    private VmSpecs() {}

    /** Empty if the tenant has no such VM, the VM has no vNIC, or one of these is plugged into no segment. */
    public static Optional<VmSpec> of(TenantModel model, VmId id) {
        Optional<Vm> found = model.vm(id).filter(vm -> !vm.vnics().isEmpty());
        if (found.isEmpty()
                || !found.get().vnics().stream()
                        .allMatch(vnic -> model.segments().containsKey(vnic.segment()))) {
            return Optional.empty();
        }
        return Optional.of(new VmSpec(
                id,
                found.get().vnics().stream()
                        .map(vnic -> {
                            Segment segment = java.util.Objects.requireNonNull(
                                    model.segments().get(vnic.segment()));
                            return VnicSpec.of(vnic, segment.vlan());
                        })
                        .toList()));
    }
}
