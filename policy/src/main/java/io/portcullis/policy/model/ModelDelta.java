package io.portcullis.policy.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What is different between two models of a tenant, each kind in the order of the names. For models of which one came from the other
 * through edits the time grows with the differences, not with the models. Quotas, of which no verdict depends, are not compared.
 *
 * @param defaults whether anything is different that has no name: default action, tracking, time-outs
 * @param clock whether the time is different
 * @param provider whether the tenant has another revision of the provider's policies
 */
public record ModelDelta(
        List<Change<Segment>> segments,
        List<Change<Vm>> vms,
        List<Change<Group>> groups,
        List<Change<Service>> services,
        List<Change<SecurityPolicy>> policies,
        List<Change<StagedPolicy>> staged,
        List<Change<Exclusion>> exclusions,
        boolean defaults,
        boolean clock,
        boolean provider) {
    /**
     * One thing that is different.
     *
     * @param before null for a new one
     * @param after null for one that is gone
     */
    public record Change<V>(
            String name, @Nullable V before, @Nullable V after) {}

    /** Of what is the tenant's own. */
    public static ModelDelta between(TenantModel before, TenantModel after) {
        return between(before, after, before.provider(), before.provider());
    }

    /** Of all that decides verdicts: the provider's groups, services and policies too, by the names that they have in the model of a tenant. */
    public static ModelDelta withProvider(TenantModel before, TenantModel after) {
        return between(before, after, before.provider(), after.provider());
    }

    private static ModelDelta between(
            TenantModel before, TenantModel after, ProviderPolicies above, ProviderPolicies aboveAfter) {
        return new ModelDelta(
                changes(before.segments(), after.segments()),
                changes(before.vms(), after.vms()),
                joined(changes(before.groups(), after.groups()), changes(above.groups(), aboveAfter.groups())),
                joined(changes(before.services(), after.services()), changes(above.services(), aboveAfter.services())),
                joined(changes(before.policies(), after.policies()), changes(above.policies(), aboveAfter.policies())),
                changes(before.staged(), after.staged()),
                changes(before.exclusions(), after.exclusions()),
                before.defaultAction() != after.defaultAction()
                        || before.looseTracking() != after.looseTracking()
                        || before.timeouts() != after.timeouts(),
                !before.time().equals(after.time()),
                before.provider().revision() != after.provider().revision());
    }

    private static <V> List<Change<V>> joined(List<Change<V>> own, List<Change<V>> ofProvider) {
        if (ofProvider.isEmpty()) {
            return own;
        }
        List<Change<V>> all = new ArrayList<>(own);
        all.addAll(ofProvider);
        return Collections.unmodifiableList(all);
    }

    private static <V> List<Change<V>> changes(SortedMap<String, V> before, SortedMap<String, V> after) {
        List<Change<V>> changes = new ArrayList<>();
        NameMap.compare(
                NameMap.copyOf(before),
                NameMap.copyOf(after),
                (name, old, next) -> changes.add(new Change<>(name, old, next)));
        return Collections.unmodifiableList(changes);
    }

    public boolean isEmpty() {
        return !defaults
                && !clock
                && !provider
                && segments.isEmpty()
                && vms.isEmpty()
                && groups.isEmpty()
                && services.isEmpty()
                && policies.isEmpty()
                && staged.isEmpty()
                && exclusions.isEmpty();
    }
}
