package io.portcullis.policy.evaluate;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whether the tenant's rules do not hold for a vNIC, as {@link Exclusion} says. One thread. */
final class ExclusionConditions {
    private final TenantModel model;
    private final Population population;
    private final Map<VnicId, Boolean> excluded = new HashMap<>();

    ExclusionConditions(TenantModel model, Population population) {
        this.model = model;
        this.population = population;
    }

    boolean isExcluded(Vnic vnic) {
        return !model.exclusions().isEmpty() && excluded.computeIfAbsent(vnic.id(), _ -> judge(vnic));
    }

    private boolean judge(Vnic vnic) {
        boolean isQuarantined = model.groups().containsKey(Quarantine.GROUP) && isIn(Quarantine.GROUP, vnic);
        return !isQuarantined && !exclusions(vnic).isEmpty();
    }

    /** The exclusions that name the vNIC, by name. */
    List<String> exclusions(Vnic vnic) {
        return model.exclusions().values().stream()
                .filter(exclusion -> names(exclusion, vnic))
                .map(Exclusion::name)
                .toList();
    }

    private boolean names(Exclusion exclusion, Vnic vnic) {
        return exclusion.vms().contains(vnic.id().vm().name())
                || exclusion.groups().stream().anyMatch(group -> isIn(group, vnic));
    }

    private boolean isIn(String group, Vnic vnic) {
        return population.subjects(vnic).stream().anyMatch(subject -> subject.isIn(group));
    }
}
