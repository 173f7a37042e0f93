package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.ModelEdit;
import java.time.Instant;
import java.util.List;

/**
 * What is journaled of a tenant. Stored: names of types and fields never change; see {@link io.portcullis.persistence.StoredFormat}.
 */
public sealed interface TenantEvent extends CborSerializable {
    /** Revision of the tenant after the event; grows by one with each, also over a deletion. */
    long revision();

    record TenantCreated(
            long revision, Action defaultAction, boolean looseTracking, TimeoutPreset timeouts, String by, Instant at)
            implements TenantEvent {
        public TenantCreated {
            // tenants that were created before there was a choice name none
            timeouts = timeouts == null ? TimeoutPreset.LINUX : timeouts;
        }
    }

    /**
     * The model changed.
     *
     * @param edits as they were applied, in order, as one
     * @param note why, in the words of whoever made the change; empty for none
     */
    record TenantEdited(long revision, List<ModelEdit> edits, String by, Instant at, String note)
            implements TenantEvent {
        public TenantEdited {
            edits = List.copyOf(edits);
            // edits that were stored before there were notes have none
            note = note == null ? "" : note;
        }
    }

    record TenantDeleted(long revision, String by, Instant at) implements TenantEvent {}
}
