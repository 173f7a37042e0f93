package io.portcullis.vnic;

import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a tenant begins: with the provider's policies as they are then, or not at all. */
sealed interface TenantCreation {
    /** What is to be journaled, as one. */
    record Begun(List<TenantEvent> events) implements TenantCreation {
        public Begun {
            events = List.copyOf(events);
        }
    }

    /** Nothing is changed. */
    record NotBegun(TenantReply why) implements TenantCreation {}

    /**
     * Decides by the provider's answer.
     *
     * @param state of a tenant that does not exist
     * @param provider null if there was none in time
     */
    static TenantCreation of(
            TenantState state,
            TenantCommand.PutTenant put,
            @Nullable TenantReply provider,
            TenantClock time,
            Instant now) {
        TenantEvent created = new TenantEvent.TenantCreated(
                state.revision() + 1, put.defaultAction(), put.looseTracking(), put.timeouts(), put.by(), now);
        TenantModel model = state.after(created).model();
        if (provider instanceof TenantReply.ProviderUnchanged) {
            return new Begun(List.of(created));
        }
        if (model == null || !(provider instanceof TenantReply.Provider(ProviderPolicies policies))) {
            return new NotBegun(provider instanceof Refused refused ? refused : ProviderLink.SILENT_PROVIDER);
        }
        List<ModelEdit> edits = List.of(new ModelEdit.AdoptProvider(policies));
        return switch (model.apply(edits)) {
            case EditResult.Accepted accepted ->
                new Begun(List.of(
                        created,
                        new TenantEvent.TenantEdited(
                                model.revision() + 1,
                                time.join(edits, model, accepted.model(), now),
                                TenantPolicy.PROVIDER,
                                now,
                                "")));
            case EditResult.Refused refused -> new NotBegun(new TenantReply.Rejected(refused.problems()));
        };
    }
}
