package io.portcullis.policy.compile;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * For which vNICs of one model the tenant's rules do not hold, as {@link Exclusion} says; the reference of {@link ExclusionIndex}. Any
 * thread.
 */
public final class ExcludedVnics {
    private final Map<VnicId, SortedSet<String>> listed = new HashMap<>();
    private final Set<VnicId> quarantined;

    private ExcludedVnics(TenantModel model, GroupMembership membership) {
        for (Exclusion exclusion : model.exclusions().values()) {
            for (String group : exclusion.groups()) {
                membership.members(group).forEach(vnic -> list(vnic, exclusion));
            }
            for (String name : exclusion.vms()) {
                Vm vm = model.vms().get(name);
                if (vm != null) {
                    vm.vnics().stream().map(Vnic::id).forEach(vnic -> list(vnic, exclusion));
                }
            }
        }
        quarantined = listed.isEmpty() || !model.groups().containsKey(Quarantine.GROUP)
                ? Set.of()
                : membership.members(Quarantine.GROUP);
    }

    static ExcludedVnics of(TenantModel model, GroupMembership membership) {
        return new ExcludedVnics(model, membership);
    }

    public static ExcludedVnics of(TenantModel model) {
        return of(model, GroupMembership.of(model));
    }

    /** As if the VM's vNICs were the only ones. */
    public static ExcludedVnics of(TenantModel model, Vm vm) {
        return of(model, GroupMembership.of(model, vm));
    }

    private void list(VnicId vnic, Exclusion exclusion) {
        listed.computeIfAbsent(vnic, _ -> new TreeSet<>()).add(exclusion.name());
    }

    /** Whether the tenant's rules do not hold for it. */
    public boolean holds(VnicId vnic) {
        return listed.containsKey(vnic) && !quarantined.contains(vnic);
    }

    /** Whether an exclusion names it and its quarantine comes first. */
    public boolean isOverruled(VnicId vnic) {
        return listed.containsKey(vnic) && quarantined.contains(vnic);
    }

    /** The exclusions that name it, by name. */
    public List<String> exclusions(VnicId vnic) {
        return listed.containsKey(vnic) ? List.copyOf(listed.get(vnic)) : List.of();
    }
}
