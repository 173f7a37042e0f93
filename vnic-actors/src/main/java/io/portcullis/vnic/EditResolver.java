package io.portcullis.vnic;

import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Turns edits that depend on what is there into edits that do not. One use. */
final class EditResolver {
    private final TenantModel model;

    /** Tags of VMs as the edits before have left them. */
    private final Map<String, SortedSet<Tag>> tags = new HashMap<>();

    private EditResolver(TenantModel model) {
        this.model = model;
    }

    static List<ModelEdit> resolve(TenantModel model, List<TenantEdit> edits) {
        EditResolver resolver = new EditResolver(model);
        List<ModelEdit> resolved = new ArrayList<>(edits.size());
        for (TenantEdit edit : edits) {
            resolved.add(
                    switch (edit) {
                        case TenantEdit.Change change -> resolver.seen(change.edit());
                        case TenantEdit.ChangeTags change -> resolver.changed(change);
                    });
        }
        return resolved;
    }

    private ModelEdit seen(ModelEdit edit) {
        if (edit instanceof ModelEdit.PutVm(Vm vm)) {
            tags.put(vm.name(), vm.tags());
        } else if (edit instanceof ModelEdit.SetTags set) {
            tags.put(set.vm(), set.tags());
        }
        return edit;
    }

    private ModelEdit changed(TenantEdit.ChangeTags change) {
        Vm known = model.vms().get(change.vm());
        SortedSet<Tag> before = tags.getOrDefault(change.vm(), known == null ? new TreeSet<>() : known.tags());
        SortedSet<Tag> after = new TreeSet<>(before);
        after.removeAll(change.remove());
        after.addAll(change.add());
        tags.put(change.vm(), after);
        return new ModelEdit.SetTags(change.vm(), after);
    }
}
