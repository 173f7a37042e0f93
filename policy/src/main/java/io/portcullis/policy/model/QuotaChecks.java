package io.portcullis.policy.model;

/** Checks that an edit makes nothing grow beyond the tenant's quota. */
final class QuotaChecks {
    static final String PATH = "quota";

    private QuotaChecks() {}

    /** What can be said of a model alone: it may well have more than its quota. */
    static void check(TenantModel model, Problems problems) {
        model.quota().limits().forEach((item, limit) -> {
            if (limit < 0) {
                problems.add(
                        Problems.pointer(PATH, item.word()),
                        limit + " " + item.title() + " are less than none",
                        "use 0 or more, or leave the limit out");
            }
        });
    }

    /** Of sound models of which one was made from the other. Quick where both are {@link DeltaChecks#prepare prepared}. */
    static void checkGrowth(TenantModel base, TenantModel next, Problems problems) {
        next.quota().limits().forEach((item, limit) -> {
            int after = use(next, item);
            int before = after > limit ? use(base, item) : after;
            if (after > before) {
                problems.add(
                        Problems.pointer(PATH, item.word()),
                        "the tenant's quota is " + limit + " " + item.title() + "; it has " + before
                                + " and would have " + after,
                        "delete others first, or ask whoever runs the cluster for more");
            }
        });
    }

    /** What a first quarantine makes does not count: no quota may keep anyone from isolating a VM. */
    static int use(TenantModel model, QuotaItem item) {
        NameMap<SecurityPolicy> policies = NameMap.copyOf(model.policies(), ModelKeys.OF_POLICY);
        NameMap<StagedPolicy> staged = NameMap.copyOf(model.staged(), ModelKeys.OF_STAGED);
        SecurityPolicy isolating = policies.get(Quarantine.POLICY);
        // it has one rule
        int isolates = isolating != null && Quarantine.isOurs(isolating) ? 1 : 0;
        return switch (item) {
            case VMS -> model.vms().size();
            case VNICS -> NameMap.copyOf(model.vms(), ModelKeys.OF_VM).total(ModelKeys.VNICS);
            case SEGMENTS -> model.segments().size();
            case GROUPS -> {
                Group isolated = model.groups().get(Quarantine.GROUP);
                boolean isOurs = isolated != null && Quarantine.isOurs(isolated);
                yield model.groups().size() - (isOurs ? 1 : 0);
            }
            case SERVICES -> model.services().size();
            case POLICIES -> policies.size() + staged.size() - isolates;
            case RULES -> policies.total(ModelKeys.RULES) + staged.total(ModelKeys.RULES) - isolates;
            case MEMBERS ->
                policies.total(ModelKeys.MEMBERS)
                        + staged.total(ModelKeys.MEMBERS)
                        + NameMap.copyOf(model.groups(), ModelKeys.OF_GROUP).total(ModelKeys.MEMBERS)
                        + NameMap.copyOf(model.exclusions(), ModelKeys.OF_EXCLUSION)
                                .total(ModelKeys.MEMBERS);
        };
    }
}
