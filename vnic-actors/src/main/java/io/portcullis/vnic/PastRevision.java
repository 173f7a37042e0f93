package io.portcullis.vnic;

import io.portcullis.policy.model.ModelEdit;
import java.time.Instant;
import java.util.List;

/**
 * What a tenant remembers of one of its revisions. Stored, as part of {@link TenantState}.
 *
 * @param note why, in the words of whoever made the change; empty for none
 * @param summary what changed, in one line
 * @param first whether the tenant was created with it: there is no revision before
 * @param undo the edits that lead back to the revision before
 * @param weight how much of the history's bound it takes: objects, and whatever in them can be many
 */
record PastRevision(
        long revision,
        String by,
        Instant at,
        String note,
        String summary,
        boolean first,
        List<ModelEdit> undo,
        long weight) {
    PastRevision {
        undo = List.copyOf(undo);
    }

    static PastRevision first(TenantEvent.TenantCreated created) {
        return new PastRevision(
                created.revision(), created.by(), created.at(), "", "tenant created", true, List.of(), 1);
    }

    static PastRevision edited(TenantEvent.TenantEdited event, String summary, List<ModelEdit> undo) {
        long weight = 1 + EditWeight.of(undo);
        return new PastRevision(event.revision(), event.by(), event.at(), event.note(), summary, false, undo, weight);
    }
}
