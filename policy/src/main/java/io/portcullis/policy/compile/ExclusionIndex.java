package io.portcullis.policy.compile;

import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.ModelDelta;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Which vNICs are excluded, kept up to date by what changed; says the same as {@link ExcludedVnics}. One thread. */
final class ExclusionIndex {
    private final GroupIndex groups;
    private final Inventory inventory;
    private List<GroupNode> excluding = List.of();
    private Set<String> vms = Set.of();
    /** Null if the tenant has no such group. */
    private @Nullable GroupNode quarantined;

    ExclusionIndex(GroupIndex groups, Inventory inventory) {
        this.groups = groups;
        this.inventory = inventory;
    }

    /**
     * Goes over to another model, after groups and inventory have.
     *
     * @param touch gets the vNICs that other exclusions than before may name; not those whose groups changed
     */
    void change(ModelDelta delta, TenantModel next, Consumer<VnicNode> touch) {
        if (!delta.groups().isEmpty()) {
            quarantined = next.groups().containsKey(Quarantine.GROUP) ? groups.group(Quarantine.GROUP) : null;
        }
        if (delta.exclusions().isEmpty()) {
            return;
        }
        forEachNamed(next, touch);
        Set<String> names = new LinkedHashSet<>();
        Set<String> machines = new HashSet<>();
        for (Exclusion exclusion : next.exclusions().values()) {
            names.addAll(exclusion.groups());
            machines.addAll(exclusion.vms());
        }
        List<GroupNode> nodes = new ArrayList<>();
        names.forEach(name -> nodes.add(groups.group(name)));
        excluding = nodes;
        vms = machines;
        forEachNamed(next, touch);
    }

    private void forEachNamed(TenantModel next, Consumer<VnicNode> visitor) {
        for (GroupNode group : excluding) {
            group.members.workloads.forEach(number -> visitor.accept(inventory.workload(number).vnic));
        }
        for (String name : vms) {
            Vm vm = next.vms().get(name);
            for (Vnic vnic : vm == null ? List.<Vnic>of() : vm.vnics()) {
                VnicNode node = inventory.vnic(vnic.id());
                if (node != null) {
                    visitor.accept(node);
                }
            }
        }
    }

    /** Whether the tenant's rules do not hold for it. */
    boolean holds(VnicNode vnic) {
        if (excluding.isEmpty() && vms.isEmpty()) {
            return false;
        }
        boolean isListed = vms.contains(vnic.vnic.id().vm().name()) || isIn(excluding, vnic);
        GroupNode isolated = quarantined;
        return isListed && (isolated == null || !isIn(List.of(isolated), vnic));
    }

    private static boolean isIn(List<GroupNode> any, VnicNode vnic) {
        for (GroupNode group : any) {
            for (WorkloadNode workload : vnic.workloads) {
                if (group.members.workloads.contains(workload.number)) {
                    return true;
                }
            }
        }
        return false;
    }
}
