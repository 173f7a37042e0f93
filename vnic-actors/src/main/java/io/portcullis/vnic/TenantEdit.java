package io.portcullis.vnic;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Tag;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** One change of a tenant: of its model, or one that depends on what the model is when it is made. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = TenantEdit.Change.class, name = "change"),
    @JsonSubTypes.Type(value = TenantEdit.ChangeTags.class, name = "change-tags")
})
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
