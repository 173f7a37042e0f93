package io.portcullis.policy.model;

import org.jspecify.annotations.Nullable;

/**
 * Checks of a model only what an edit of a sound one can have broken: the objects that changed, and what refers to those that are
 * gone. Where it finds nothing wrong, {@link ModelValidator} does not either; where it does not pass, that one says why. Time grows with
 * the edit.
 */
final class DeltaChecks {
    private final TenantModel base;
    private final TenantModel next;
    private final ModelDelta delta;
    private final NameMap<Vm> vms;
    private final NameMap<Group> groups;
    private final NameMap<SecurityPolicy> policies;
    private final NameMap<StagedPolicy> staged;
    private final NameMap<Exclusion> exclusions;
    private final Problems problems = new Problems();

    private DeltaChecks(TenantModel base, TenantModel next) {
        this.base = base;
        this.next = next;
        delta = ModelDelta.between(base, next);
        vms = NameMap.copyOf(next.vms());
        groups = NameMap.copyOf(next.groups());
        policies = NameMap.copyOf(next.policies());
        staged = NameMap.copyOf(next.staged());
        exclusions = NameMap.copyOf(next.exclusions());
    }

    /** False also where it cannot tell, because the model was not {@link #prepare prepared}. */
    static boolean passes(TenantModel base, TenantModel next) {
        DeltaChecks checks = new DeltaChecks(base, next);
        return checks.isCounted() && checks.passes();
    }

    private boolean isCounted() {
        return vms.isCounted()
                && groups.isCounted()
                && policies.isCounted()
                && staged.isCounted()
                && exclusions.isCounted();
    }

    /** Of a sound model: edits of it can be checked by what they change. Time grows with the model, unless its base was prepared. */
    static void prepare(TenantModel sound) {
        NameMap.copyOf(sound.vms()).countKeys();
        NameMap.copyOf(sound.groups()).countKeys();
        NameMap.copyOf(sound.policies()).countKeys();
        NameMap.copyOf(sound.staged()).countKeys();
        NameMap.copyOf(sound.exclusions()).countKeys();
    }

    private boolean passes() {
        ModelValidator.checkDefaults(next, problems);
        QuotaChecks.check(next, problems);
        boolean nothingMissing = segmentsPass()
                && vmsPass()
                && groupsPass()
                && servicesPass()
                && policiesPass()
                && stagedPass()
                && exclusionsPass()
                && providerPasses();
        return nothingMissing && problems.isEmpty();
    }

    private boolean segmentsPass() {
        if (!delta.segments().isEmpty()) {
            InventoryChecks.checkSegments(next, problems);
        }
        for (ModelDelta.Change<Segment> change : delta.segments()) {
            String key = ModelKeys.segment(change.name());
            if (change.after() == null && vms.count(key) + groups.count(key) > 0) {
                return false;
            }
        }
        return true;
    }

    private boolean vmsPass() {
        InventoryChecks.checkCount(next, problems);
        boolean[] unique = {true};
        for (ModelDelta.Change<Vm> change : delta.vms()) {
            Vm vm = change.after();
            if (vm != null) {
                InventoryChecks.checkVm(next, vm, problems);
                ModelKeys.claims(vm, (key, _) -> unique[0] &= vms.count(key) == 1);
            } else if (isNamed(ModelKeys.vm(change.name()))) {
                return false;
            }
        }
        return unique[0];
    }

    /** Whether anything still refers to what has this key. */
    private boolean isNamed(String key) {
        return groups.count(key) + policies.count(key) + staged.count(key) + exclusions.count(key) > 0;
    }

    private boolean groupsPass() {
        GroupChecks checks = new GroupChecks(next, problems);
        checks.checkCount();
        for (ModelDelta.Change<Group> change : delta.groups()) {
            Group group = change.after();
            String key = ModelKeys.group(change.name());
            if (group == null && isNamed(key)) {
                return false;
            }
            if (group != null
                    && (!checks.passesAlone(group) || (groups.count(key) > 0 && !isNoHigher(change, checks)))) {
                return false;
            }
        }
        checks.checkPatterns(groups.count(ModelKeys.PATTERN_STEPS));
        return true;
    }

    /** Whether chains of groups through this one have become no longer by the edit. Nobody that did not change has a new group in it. */
    private boolean isNoHigher(ModelDelta.Change<Group> change, GroupChecks checks) {
        return change.before() == null
                || checks.height(change.name()) <= new GroupChecks(base, new Problems()).height(change.name());
    }

    private boolean servicesPass() {
        PolicyChecks checks = new PolicyChecks(next, problems);
        for (ModelDelta.Change<Service> change : delta.services()) {
            Service service = change.after();
            boolean isNamed =
                    policies.count(ModelKeys.service(change.name())) + staged.count(ModelKeys.service(change.name()))
                            > 0;
            // a stateless policy must not have a gateway
            if (isNamed && (service == null || gainsAlg(change.before(), service))) {
                return false;
            }
            if (service != null) {
                checks.checkService(service);
            }
        }
        return true;
    }

    private static boolean gainsAlg(@Nullable Service before, Service after) {
        return after.alg() != Alg.NONE && (before == null || before.alg() != after.alg());
    }

    private boolean policiesPass() {
        PolicyChecks checks = new PolicyChecks(next, problems);
        checks.checkCounts(policies.count(ModelKeys.RULES));
        for (ModelDelta.Change<SecurityPolicy> change : delta.policies()) {
            SecurityPolicy policy = change.after();
            if (policy != null) {
                checks.checkPolicy(policy);
            } else if (staged.count(ModelKeys.policy(change.name())) > 0) {
                return false;
            }
        }
        return true;
    }

    private boolean stagedPass() {
        PolicyChecks checks = new PolicyChecks(next, problems);
        checks.checkStagedCounts(staged.count(ModelKeys.RULES));
        for (ModelDelta.Change<StagedPolicy> change : delta.staged()) {
            StagedPolicy policy = change.after();
            if (policy != null) {
                checks.checkStaged(policy);
            }
        }
        return true;
    }

    private boolean providerPasses() {
        ProviderChecks checks = new ProviderChecks(next, problems);
        checks.checkContent(policies.count(ModelKeys.RULES));
        if (delta.provider()) {
            checks.checkAdopted();
        }
        return true;
    }

    private boolean exclusionsPass() {
        ExclusionChecks checks = new ExclusionChecks(next, problems);
        checks.checkCount();
        for (ModelDelta.Change<Exclusion> change : delta.exclusions()) {
            Exclusion exclusion = change.after();
            if (exclusion != null) {
                checks.checkExclusion(exclusion);
            }
        }
        return true;
    }
}
