package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import java.util.List;

/** Checks a whole model: names, limits, references, uniqueness. Pure; time and memory grow with the model. */
public final class ModelValidator {
    private ModelValidator() {}

    /** What is wrong with the model; empty when nothing is. At most {@link Limits#MAX_PROBLEMS}. */
    public static List<Problem> problems(TenantModel model) {
        Problems problems = new Problems();
        check(model, problems);
        return problems.list();
    }

    static void check(TenantModel model, Problems problems) {
        checkDefaults(model, problems);
        QuotaChecks.check(model, problems);
        InventoryChecks.check(model, problems);
        GroupChecks.check(model, problems);
        PolicyChecks.check(model, problems);
        ExclusionChecks.check(model, problems);
        ProviderChecks.check(model, problems);
    }

    static void checkDefaults(TenantModel model, Problems problems) {
        if (model.defaultAction() == Action.PASS) {
            problems.add(
                    "/defaultAction",
                    "the default cannot be PASS: there is no category after it",
                    "use DROP, REJECT or ALLOW");
        }
    }
}
