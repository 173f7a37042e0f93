package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import java.util.Map;

/** Checks what is special about the model of the provider, and what tenants have of it. */
final class ProviderChecks {
    private final TenantModel model;
    private final Problems problems;

    ProviderChecks(TenantModel model, Problems problems) {
        this.model = model;
        this.problems = problems;
    }

    static void check(TenantModel model, Problems problems) {
        ProviderChecks checks = new ProviderChecks(model, problems);
        checks.checkContent(model.policies().values().stream()
                .mapToInt(policy -> policy.rules().size())
                .sum());
        checks.checkAdopted();
    }

    /**
     * What the provider may have at all, and how much of it; nothing of a tenant.
     *
     * @param rules of all policies
     */
    void checkContent(int rules) {
        if (!model.tenant().equals(TenantId.PROVIDER)) {
            return;
        }
        refuse(
                "segments",
                model.segments(),
                "the provider has no segments",
                "make it in the tenant whose VMs are in it");
        refuse("vms", model.vms(), "the provider has no VMs", "make it in the tenant whose it is");
        refuse(
                "exclusions",
                model.exclusions(),
                "from the provider's policies nobody is excluded",
                "narrow them with appliedTo, or let a rule before the others allow what it must");
        refuse(
                "staged",
                model.staged(),
                "policies of the provider cannot be staged",
                "apply it as a policy; with 'enabled: false' it is kept and checked, and enforced nowhere");
        if (model.defaultAction() != Action.DROP || model.looseTracking() || model.timeouts() != TimeoutPreset.LINUX) {
            problems.add(
                    "/defaultAction",
                    "the provider has no defaults: what none of its rules matches is for the tenants' rules",
                    "leave them as they were, and write a rule of the last category for everything");
        }
        problems.checkLimit(
                "/groups", "groups", model.groups().size(), Limits.MAX_PROVIDER_GROUPS, "MAX_PROVIDER_GROUPS");
        problems.checkLimit(
                "/services",
                "services",
                model.services().size(),
                Limits.MAX_PROVIDER_SERVICES,
                "MAX_PROVIDER_SERVICES");
        problems.checkLimit(
                "/policies",
                "policies",
                model.policies().size(),
                Limits.MAX_PROVIDER_POLICIES,
                "MAX_PROVIDER_POLICIES");
        problems.checkLimit("/policies", "rules", rules, Limits.MAX_PROVIDER_RULES, "MAX_PROVIDER_RULES");
    }

    private void refuse(String kind, Map<String, ?> objects, String message, String hint) {
        for (String name : objects.keySet()) {
            problems.add(Problems.pointer(kind, name), message, hint);
        }
    }

    /** As if it were the provider's own model. */
    void checkAdopted() {
        ProviderPolicies provider = model.provider();
        if (provider.equals(ProviderPolicies.NONE)) {
            return;
        }
        if (model.tenant().equals(TenantId.PROVIDER)) {
            problems.add("/provider", "nothing is above the provider", "only tenants have the provider's policies");
            return;
        }
        checkNames(
                "groups",
                provider.groups().entrySet().stream()
                        .allMatch(
                                entry -> entry.getKey().equals(entry.getValue().name())));
        checkNames(
                "services",
                provider.services().entrySet().stream()
                        .allMatch(
                                entry -> entry.getKey().equals(entry.getValue().name())));
        checkNames(
                "policies",
                provider.policies().entrySet().stream()
                        .allMatch(
                                entry -> entry.getKey().equals(entry.getValue().name())));
        for (Problem problem : ModelValidator.problems(provider.toModel())) {
            problems.add("/provider" + problem.path(), problem.message(), problem.hint());
        }
    }

    private void checkNames(String kind, boolean agree) {
        if (!agree) {
            problems.add(
                    "/provider/" + kind, "the " + kind + " are not under their names", "take them from the provider");
        }
    }
}
