package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link TenantPolicy} recovers from its journal; also its snapshot.
 *
 * @param model null while the tenant does not exist
 * @param revision the model's; of the deletion, if the tenant was deleted, so that a new one of this name goes on counting
 * @param history of this tenant; a deletion ends it, so that a new tenant of this name sees nothing of the former one
 */
record TenantState(TenantId tenant, @Nullable TenantModel model, long revision, TenantHistory history)
        implements CborSerializable {
    TenantState {
        // states that were stored before there was a history have none
        history = history == null ? TenantHistory.NONE : history;
    }

    /** The provider is always there; other tenants are created. */
    static TenantState empty(TenantId tenant) {
        TenantModel model = tenant.equals(TenantId.PROVIDER) ? TenantModel.empty(tenant) : null;
        return new TenantState(tenant, model, 0, TenantHistory.NONE);
    }

    /** Throws {@link IllegalStateException} for an event that cannot follow on this state: the journal is damaged. */
    TenantState after(TenantEvent event) {
        if (event.revision() != revision + 1) {
            throw new IllegalStateException(
                    "tenant " + tenant + ": event of revision " + event.revision() + " after revision " + revision);
        }
        return switch (event) {
            case TenantEvent.TenantCreated created ->
                new TenantState(tenant, created(created), created.revision(), TenantHistory.created(created));
            case TenantEvent.TenantEdited edited -> edited(edited);
            case TenantEvent.TenantDeleted deleted ->
                new TenantState(tenant, null, deleted.revision(), TenantHistory.NONE);
        };
    }

    private TenantModel created(TenantEvent.TenantCreated created) {
        TenantModel empty = TenantModel.empty(tenant);
        return new TenantModel(
                tenant,
                created.revision(),
                empty.segments(),
                empty.vms(),
                empty.groups(),
                empty.services(),
                empty.policies(),
                empty.staged(),
                empty.exclusions(),
                created.defaultAction(),
                created.looseTracking(),
                created.timeouts(),
                empty.time(),
                empty.quota(),
                empty.provider());
    }

    private TenantState edited(TenantEvent.TenantEdited event) {
        if (model == null) {
            throw new IllegalStateException("tenant " + tenant + " was edited before it was created");
        }
        return edited(event, edited(model, event.edits()));
    }

    /** @param next what the event's edits make of the model */
    TenantState edited(TenantEvent.TenantEdited event, TenantModel next) {
        if (model == null || event.revision() != revision + 1) {
            throw new IllegalStateException(
                    "tenant " + tenant + ": edit of revision " + event.revision() + " after revision " + revision);
        }
        return new TenantState(tenant, next, event.revision(), history.edited(event, model, next));
    }

    private TenantModel edited(TenantModel before, List<ModelEdit> edits) {
        return switch (before.apply(edits)) {
            case EditResult.Accepted accepted -> accepted.model();
            case EditResult.Refused refused ->
                throw new IllegalStateException("tenant " + tenant + ": a journaled edit does not hold any more: "
                        + refused.problems().getFirst());
        };
    }
}
