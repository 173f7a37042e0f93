package io.portcullis.policy.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What is different between two models of a tenant, as names in ascending order; which it is, added, changed or removed, the models
 * tell. For models of which one came from the other through edits the time grows with the differences, not with the models.
 *
 * @param defaults whether anything is different that has no name: default action, tracking, time-outs
 */
public record ModelDelta(
        List<String> segments,
        List<String> vms,
        List<String> groups,
        List<String> services,
        List<String> policies,
        boolean defaults) {
    public static ModelDelta between(TenantModel before, TenantModel after) {
        return new ModelDelta(
                names(before.segments(), after.segments()),
                names(before.vms(), after.vms()),
                names(before.groups(), after.groups()),
                names(before.services(), after.services()),
                names(before.policies(), after.policies()),
                before.defaultAction() != after.defaultAction()
                        || before.looseTracking() != after.looseTracking()
                        || before.timeouts() != after.timeouts());
    }

    private static <V> List<String> names(java.util.SortedMap<String, V> before, java.util.SortedMap<String, V> after) {
        List<String> names = new ArrayList<>();
        NameMap.compare(NameMap.copyOf(before), NameMap.copyOf(after), (name, _, _) -> names.add(name));
        return Collections.unmodifiableList(names);
    }

    public boolean isEmpty() {
        return !defaults
                && segments.isEmpty()
                && vms.isEmpty()
                && groups.isEmpty()
                && services.isEmpty()
                && policies.isEmpty();
    }
}
