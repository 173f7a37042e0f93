package io.portcullis.policy.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Makes of staged policies ones that are enforced. Stateless. */
public final class Publication {
    private Publication() {}

    /**
     * The edits that publish what is staged under these names: all of them applied as one are one revision. Names under which nothing is
     * staged are refused when the edits are applied.
     */
    public static List<ModelEdit> edits(TenantModel model, Collection<String> names) {
        List<ModelEdit> edits = new ArrayList<>();
        for (String name : names) {
            StagedPolicy staged = model.staged().get(name);
            if (staged != null) {
                SecurityPolicy policy = staged.policy();
                edits.add(policy == null ? new ModelEdit.RemovePolicy(name) : new ModelEdit.PutPolicy(policy));
            }
            edits.add(new ModelEdit.RemoveStagedPolicy(name));
        }
        return edits;
    }

    /**
     * The model as it would be if everything staged were published, unchecked and of the same revision; the very model if nothing is.
     * Time grows with what is staged.
     */
    public static TenantModel ofAll(TenantModel model) {
        return model.staged().isEmpty()
                ? model
                : model.replayed(edits(model, model.staged().keySet()), model.revision());
    }
}
