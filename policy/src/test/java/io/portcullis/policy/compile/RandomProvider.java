package io.portcullis.policy.compile;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.TenantModel;
import java.util.Random;

/** A provider whose policies change at random; of the same names, tags and addresses as {@link RandomTenant} and {@link RandomEdits}. */
public final class RandomProvider {
    private static final int FIRST_EDITS = 30;
    private static final int MOST_EDITS = 4;

    private final Random random;
    private final RandomEdits edits;
    private TenantModel model = TenantModel.empty(TenantId.PROVIDER);

    public RandomProvider(long seed) {
        random = new Random(seed);
        edits = new RandomEdits(random.nextLong());
        for (int count = 0; count < FIRST_EDITS; count++) {
            edit();
        }
    }

    public TenantModel model() {
        return model;
    }

    /** What a tenant has of it now. */
    public ProviderPolicies policies() {
        return ProviderPolicies.of(model);
    }

    /** What a tenant has of it after a few more edits. */
    public ProviderPolicies next() {
        for (int count = 1 + random.nextInt(MOST_EDITS); count > 0; count--) {
            edit();
        }
        return policies();
    }

    /** One that is accepted: most are not, as they are of a tenant's inventory. */
    private void edit() {
        while (true) {
            if (model.apply(edits.next(model)) instanceof EditResult.Accepted accepted && accepted.changed()) {
                model = accepted.model();
                return;
            }
        }
    }
}
