package io.portcullis.policy.model;

/** Checks exclusions: names, references. */
final class ExclusionChecks {
    private final TenantModel model;
    private final Problems problems;

    ExclusionChecks(TenantModel model, Problems problems) {
        this.model = model;
        this.problems = problems;
    }

    static void check(TenantModel model, Problems problems) {
        ExclusionChecks checks = new ExclusionChecks(model, problems);
        checks.checkCount();
        model.exclusions().values().forEach(checks::checkExclusion);
    }

    void checkCount() {
        problems.checkLimit(
                "/exclusions", "exclusions", model.exclusions().size(), Limits.MAX_EXCLUSIONS, "MAX_EXCLUSIONS");
    }

    void checkExclusion(Exclusion exclusion) {
        String path = Problems.pointer("exclusions", exclusion.name());
        problems.checkName(path + "/name", "exclusion", exclusion.name());
        problems.checkText(path + "/description", "description", exclusion.description());
        if (exclusion.groups().isEmpty() && exclusion.vms().isEmpty()) {
            problems.add(path, "nobody is named", "name groups or VMs, or delete the exclusion");
        }
        GroupChecks.checkReferences(model, problems, Place.of(path + "/groups"), exclusion.groups());
        problems.checkLimit(
                path + "/vms", "VMs", exclusion.vms().size(), Limits.MAX_MEMBERS_PER_GROUP, "MAX_MEMBERS_PER_GROUP");
        GroupChecks.checkVms(model, problems, path + "/vms", "the exclusion", exclusion.vms());
    }
}
