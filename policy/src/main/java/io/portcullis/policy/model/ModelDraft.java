package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A model while a list of edits is applied to it; thrown away when there is a problem. One thread, one use. */
final class ModelDraft {
    private final TenantModel base;
    private final Problems problems = new Problems();
    private NameMap<Segment> segments;
    private NameMap<Vm> vms;
    private NameMap<Group> groups;
    private NameMap<Service> services;
    private NameMap<SecurityPolicy> policies;
    private final SortedMap<String, Vm> relabelled = new TreeMap<>();
    private Action defaultAction;
    private boolean looseTracking;
    private TimeoutPreset timeouts;
    private boolean onlyLabels = true;

    private ModelDraft(TenantModel base) {
        this.base = base;
        segments = NameMap.copyOf(base.segments());
        vms = NameMap.copyOf(base.vms());
        groups = NameMap.copyOf(base.groups());
        services = NameMap.copyOf(base.services());
        policies = NameMap.copyOf(base.policies());
        defaultAction = base.defaultAction();
        looseTracking = base.looseTracking();
        timeouts = base.timeouts();
    }

    static EditResult apply(TenantModel base, List<ModelEdit> edits) {
        ModelDraft draft = new ModelDraft(base);
        edits.forEach(draft::edit);
        return draft.result();
    }

    private EditResult result() {
        if (problems.isEmpty() && isAsBefore()) {
            return new EditResult.Accepted(base, false);
        }
        TenantModel next = new TenantModel(
                base.tenant(),
                base.revision() + 1,
                segments,
                vms,
                groups,
                services,
                policies,
                defaultAction,
                looseTracking,
                timeouts);
        if (onlyLabels) {
            // Tags and findings are looked up late by groups: no other part of the model can become wrong through them.
            relabelled.values().forEach(vm -> InventoryChecks.checkLabels(vm, problems));
        } else {
            ModelValidator.check(next, problems);
        }
        return problems.isEmpty() ? new EditResult.Accepted(next, true) : new EditResult.Refused(problems.list());
    }

    /** Whether the edits changed nothing or undid each other. What was not touched is shared, so this is quick. */
    private boolean isAsBefore() {
        return defaultAction == base.defaultAction()
                && looseTracking == base.looseTracking()
                && timeouts == base.timeouts()
                && segments.equals(base.segments())
                && vms.equals(base.vms())
                && groups.equals(base.groups())
                && services.equals(base.services())
                && policies.equals(base.policies());
    }

    private void edit(ModelEdit edit) {
        switch (edit) {
            case ModelEdit.PutSegment(Segment segment) -> segments = put(segments, segment.name(), segment);
            case ModelEdit.RemoveSegment(String name) -> segments = remove(segments, "segments", name);
            case ModelEdit.PutVm(Vm vm) -> vms = put(vms, vm.name(), vm);
            case ModelEdit.RemoveVm(String name) -> vms = remove(vms, "vms", name);
            case ModelEdit.PutGroup(Group group) -> groups = put(groups, group.name(), group);
            case ModelEdit.RemoveGroup(String name) -> groups = remove(groups, "groups", name);
            case ModelEdit.PutService(Service service) -> services = put(services, service.name(), service);
            case ModelEdit.RemoveService(String name) -> services = remove(services, "services", name);
            case ModelEdit.PutPolicy(SecurityPolicy policy) -> policies = put(policies, policy.name(), policy);
            case ModelEdit.RemovePolicy(String name) -> policies = remove(policies, "policies", name);
            case ModelEdit.SetTags set -> relabel(set.vm(), vm -> vm.withTags(set.tags()));
            case ModelEdit.SetFinding set -> relabel(set.vm(), vm -> vm.withFinding(set.finding(), set.value()));
            case ModelEdit.ClearFinding clear -> relabel(clear.vm(), vm -> vm.withoutFinding(clear.finding()));
            case ModelEdit.SetDefaults set -> setDefaults(set);
        }
    }

    private <T> NameMap<T> put(NameMap<T> map, String name, T value) {
        onlyLabels = false;
        return map.with(name, value);
    }

    private <T> NameMap<T> remove(NameMap<T> map, String kind, String name) {
        onlyLabels = false;
        if (!map.containsKey(name)) {
            unknown(kind, name);
        }
        return map.without(name);
    }

    private void relabel(String name, UnaryOperator<Vm> change) {
        Vm before = vms.get(name);
        if (before == null) {
            unknown("vms", name);
            return;
        }
        Vm after = change.apply(before);
        vms = vms.with(name, after);
        relabelled.put(name, after);
    }

    private void setDefaults(ModelEdit.SetDefaults set) {
        defaultAction = set.defaultAction();
        looseTracking = set.looseTracking();
        timeouts = set.timeouts();
        onlyLabels = false;
    }

    private void unknown(String kind, String name) {
        problems.add(
                Problems.pointer(kind, name),
                "tenant " + base.tenant() + " has nothing of this name",
                "list the " + kind + " of the tenant and check the spelling");
    }
}
