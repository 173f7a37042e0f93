package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A model while a list of edits is applied to it; thrown away when there is a problem. One thread, one use. */
final class ModelDraft {
    /** With more edits at once than this it is quicker to look at the whole model. */
    private static final int MAX_COUNTED_EDITS = 1_000;

    private final TenantModel base;
    private final Problems problems = new Problems();
    private NameMap<Segment> segments;
    private NameMap<Vm> vms;
    private NameMap<Group> groups;
    private NameMap<Service> services;
    private NameMap<SecurityPolicy> policies;
    private NameMap<StagedPolicy> staged;
    private NameMap<Exclusion> exclusions;
    private Action defaultAction;
    private boolean looseTracking;
    private TimeoutPreset timeouts;
    private Instant time;
    private TenantQuota quota;
    private ProviderPolicies provider;
    /** VMs that were put in; what they claim is settled when all edits are known. */
    private final SortedSet<String> putVms = new TreeSet<>();

    private ModelDraft(TenantModel base, boolean manyEdits) {
        this.base = base;
        segments = NameMap.copyOf(base.segments());
        vms = mapOf(base.vms(), manyEdits);
        groups = mapOf(base.groups(), manyEdits);
        services = NameMap.copyOf(base.services());
        policies = mapOf(base.policies(), manyEdits);
        staged = mapOf(base.staged(), manyEdits);
        exclusions = mapOf(base.exclusions(), manyEdits);
        defaultAction = base.defaultAction();
        looseTracking = base.looseTracking();
        timeouts = base.timeouts();
        time = base.time();
        quota = base.quota();
        provider = base.provider();
    }

    private static <V> NameMap<V> mapOf(SortedMap<String, V> map, boolean manyEdits) {
        NameMap<V> same = NameMap.copyOf(map);
        return manyEdits ? same.uncounted() : same;
    }

    static EditResult apply(TenantModel base, List<ModelEdit> edits) {
        ModelDraft draft = new ModelDraft(base, edits.size() > MAX_COUNTED_EDITS);
        edits.forEach(draft::edit);
        draft.settleAddresses();
        return draft.result();
    }

    static TenantModel replay(TenantModel base, List<ModelEdit> edits, long revision) {
        ModelDraft draft = new ModelDraft(base, edits.size() > MAX_COUNTED_EDITS);
        edits.forEach(draft::edit);
        draft.settleAddresses();
        TenantModel next = draft.model(revision);
        DeltaChecks.prepare(next);
        return next;
    }

    private TenantModel model(long revision) {
        return new TenantModel(
                base.tenant(),
                revision,
                segments,
                vms,
                groups,
                services,
                policies,
                staged,
                exclusions,
                defaultAction,
                looseTracking,
                timeouts,
                time,
                quota,
                provider);
    }

    private EditResult result() {
        if (provider.revision() == base.provider().revision()) {
            provider = base.provider();
        }
        if (problems.isEmpty() && isAsBefore()) {
            return new EditResult.Accepted(base, false);
        }
        if (time.isBefore(base.time())) {
            problems.add("/time", "the clock stands at " + base.time() + ", after " + time, "it never goes back");
        }
        if (provider.revision() < base.provider().revision()) {
            problems.add(
                    "/provider",
                    "the tenant has revision " + base.provider().revision()
                            + " of the provider's policies, and this is " + provider.revision(),
                    "they never go back; take the provider's present revision");
        }
        TenantModel next = model(base.revision() + 1);
        if (!problems.isEmpty() || !DeltaChecks.passes(base, next)) {
            ModelValidator.check(next, problems);
        }
        if (problems.isEmpty()) {
            DeltaChecks.prepare(next);
            QuotaChecks.checkGrowth(base, next, problems);
        }
        if (!problems.isEmpty()) {
            return new EditResult.Refused(problems.list());
        }
        return new EditResult.Accepted(next, true);
    }

    /** Whether the edits changed nothing or undid each other. What was not touched is shared, so this is quick. */
    private boolean isAsBefore() {
        return defaultAction == base.defaultAction()
                && looseTracking == base.looseTracking()
                && timeouts == base.timeouts()
                && time.equals(base.time())
                && quota.equals(base.quota())
                && segments.equals(base.segments())
                && vms.equals(base.vms())
                && groups.equals(base.groups())
                && services.equals(base.services())
                && policies.equals(base.policies())
                && staged.equals(base.staged())
                && exclusions.equals(base.exclusions())
                && provider.equals(base.provider());
    }

    private void edit(ModelEdit edit) {
        switch (edit) {
            case ModelEdit.PutSegment(Segment segment) -> segments = put(segments, segment.name(), segment);
            case ModelEdit.RemoveSegment(String name) -> segments = remove(segments, "segments", name);
            case ModelEdit.PutVm(Vm vm) -> {
                vms = put(vms, vm.name(), vm);
                putVms.add(vm.name());
            }
            case ModelEdit.RemoveVm(String name) -> vms = remove(vms, "vms", name);
            case ModelEdit.PutGroup(Group group) -> groups = put(groups, group.name(), group);
            case ModelEdit.RemoveGroup(String name) -> groups = remove(groups, "groups", name);
            case ModelEdit.PutService(Service service) -> services = put(services, service.name(), service);
            case ModelEdit.RemoveService(String name) -> services = remove(services, "services", name);
            case ModelEdit.PutPolicy(SecurityPolicy policy) -> {
                checkLock(policy.name(), policy);
                policies = put(policies, policy.name(), policy);
            }
            case ModelEdit.RemovePolicy(String name) -> {
                checkLock(name, null);
                policies = remove(policies, "policies", name);
            }
            case ModelEdit.PutStagedPolicy(StagedPolicy policy) -> staged = put(staged, policy.name(), policy);
            case ModelEdit.RemoveStagedPolicy(String name) -> staged = remove(staged, "staged", name);
            case ModelEdit.PutExclusion(Exclusion exclusion) ->
                exclusions = put(exclusions, exclusion.name(), exclusion);
            case ModelEdit.RemoveExclusion(String name) -> exclusions = remove(exclusions, "exclusions", name);
            case ModelEdit.SetTags set -> relabel(set.vm(), vm -> vm.withTags(set.tags()));
            case ModelEdit.SetFinding set -> relabel(set.vm(), vm -> vm.withFinding(set.finding(), set.value()));
            case ModelEdit.ClearFinding clear -> relabel(clear.vm(), vm -> vm.withoutFinding(clear.finding()));
            case ModelEdit.SetDiscovered set -> setDiscovered(set);
            case ModelEdit.SetDefaults set -> setDefaults(set);
            case ModelEdit.SetClock set -> time = set.time();
            case ModelEdit.SetQuota set -> quota = set.quota();
            case ModelEdit.AdoptProvider adopt -> provider = adopt.provider();
        }
    }

    private void setDiscovered(ModelEdit.SetDiscovered set) {
        Vm vm = vms.get(set.vm());
        Vnic vnic = vm == null
                ? null
                : vm.vnics().stream()
                        .filter(each -> each.id().name().equals(set.vnic()))
                        .findFirst()
                        .orElse(null);
        if (vm == null || vnic == null) {
            unknown("vms", set.vm() + "/" + set.vnic());
            return;
        }
        NameMap<Vm> next = new AddressClaims(vms).discovered(vm, vnic, set.addresses());
        vms = vm.equals(next.get(vm.name())) ? vms : next;
    }

    /** Where nobody was ever discovered to have anything, there is nothing to settle; else time grows with the VMs that were put in. */
    private void settleAddresses() {
        if (!putVms.isEmpty() && mayHaveDiscovered()) {
            vms = new AddressClaims(vms).settled(putVms);
        }
    }

    private boolean mayHaveDiscovered() {
        if (vms.isCounted()) {
            return vms.count(ModelKeys.DISCOVERED) > 0;
        }
        return vms.values().stream()
                .flatMap(vm -> vm.vnics().stream())
                .anyMatch(vnic -> !vnic.discovered().isEmpty());
    }

    /** A locked policy stays as it is, but for its lock. */
    private void checkLock(String name, @Nullable SecurityPolicy after) {
        SecurityPolicy before = base.policies().get(name);
        if (before != null
                && before.lock() != null
                && (after == null || !after.withLock(before.lock()).equals(before))) {
            problems.add(
                    Problems.pointer("policies", name),
                    "the policy is locked: " + before.lock(),
                    "unlock it first: apply it as it is, without its lock");
        }
    }

    private <T> NameMap<T> put(NameMap<T> map, String name, T value) {
        return map.with(name, value);
    }

    private <T> NameMap<T> remove(NameMap<T> map, String kind, String name) {
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
        vms = vms.with(name, change.apply(before));
    }

    private void setDefaults(ModelEdit.SetDefaults set) {
        defaultAction = set.defaultAction();
        looseTracking = set.looseTracking();
        timeouts = set.timeouts();
    }

    private void unknown(String kind, String name) {
        problems.add(
                Problems.pointer(kind, name),
                "tenant " + base.tenant() + " has nothing of this name",
                "list the " + kind + " of the tenant and check the spelling");
    }
}
