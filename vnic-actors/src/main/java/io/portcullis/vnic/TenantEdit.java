package io.portcullis.vnic;

import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Tag;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** One change of a tenant: of its model, or one that depends on what the model is when it is made. */
public sealed interface TenantEdit {
    record Change(ModelEdit edit) implements TenantEdit {}

    /** Adds and removes tags of a VM and leaves its others as they are; a tag in both is there afterwards. */
    record ChangeTags(String vm, SortedSet<Tag> add, SortedSet<Tag> remove) implements TenantEdit {
        public ChangeTags {
            add = Collections.unmodifiableSortedSet(new TreeSet<>(add));
            remove = Collections.unmodifiableSortedSet(new TreeSet<>(remove));
        }
    }
}
