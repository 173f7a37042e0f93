package io.portcullis.admin;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.PlacementView;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.TenantModel;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * What a change would do to rule tables: of the tenant whose it is, or, if it is the provider's, of all tenants.
 *
 * @param placements of all VMs that are concerned
 * @param models of the tenants that are concerned, as they are
 */
record PreviewReach(TableChanges changes, Map<VmId, PlacementView> placements, Map<TenantId, TenantModel> models) {
    /** A change of the provider compiles each tenant twice: with more of them it is not previewed. */
    static final int MAX_TENANTS = 200;

    /** A tenant, and where its VMs are. */
    private record Placed(TenantModel model, Map<VmId, PlacementView> placements) {}

    /**
     * Compiles what is concerned.
     *
     * @param workers compiling a tenant takes a while
     */
    static CompletionStage<PreviewReach> of(Edits.Plan plan, AdminServices services, Executor workers, Clock clock) {
        TenantId tenant = plan.model().tenant();
        return tenant.equals(TenantId.PROVIDER)
                ? ofEveryTenant(plan, services, workers, clock)
                : services.placements(tenant)
                        .thenApplyAsync(
                                placements ->
                                        none().plus(new Placed(plan.model(), placements), asOfNow(plan.after(), clock)),
                                workers);
    }

    private static CompletionStage<PreviewReach> ofEveryTenant(
            Edits.Plan plan, AdminServices services, Executor workers, Clock clock) {
        List<ModelEdit> adoption = List.of(new ModelEdit.AdoptProvider(ProviderPolicies.of(plan.after())));
        return services.tenants().thenCompose(names -> {
            List<TenantId> tenants = names.stream()
                    .filter(name -> !name.equals(TenantId.PROVIDER))
                    .toList();
            if (tenants.size() > MAX_TENANTS) {
                throw new RefusedException(
                        ProblemKind.WRONG_STATE,
                        "what the provider changes is previewed for at most " + MAX_TENANTS
                                + " tenants (MAX_TENANTS), and there are " + tenants.size(),
                        "preview the same policies as those of one tenant");
            }
            CompletionStage<PreviewReach> all = CompletableFuture.completedFuture(none());
            for (TenantId tenant : tenants) {
                all = all.thenCompose(before -> placed(tenant, services)
                        .thenApplyAsync(
                                found -> found.map(placed -> before.plus(
                                                placed,
                                                asOfNow(
                                                        placed.model()
                                                                .replayed(
                                                                        adoption,
                                                                        placed.model()
                                                                                        .revision()
                                                                                + 1),
                                                        clock)))
                                        .orElse(before),
                                workers));
            }
            return all;
        });
    }

    /** Empty for a tenant that was deleted just now. */
    private static CompletionStage<Optional<Placed>> placed(TenantId tenant, AdminServices services) {
        return services.model(tenant)
                .thenCombine(services.placements(tenant), Placed::new)
                .handle((placed, failure) -> {
                    if (failure != null && !isUnknown(failure)) {
                        throw new CompletionException(failure);
                    }
                    return Optional.ofNullable(placed);
                });
    }

    private static boolean isUnknown(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return cause instanceof RefusedException refused && refused.kind() == ProblemKind.UNKNOWN;
    }

    private static PreviewReach none() {
        return new PreviewReach(new TableChanges(List.of()), Map.of(), Map.of());
    }

    private PreviewReach plus(Placed tenant, TenantModel after) {
        List<TableChanges.Change> allChanges = new ArrayList<>(changes.changes());
        allChanges.addAll(TableChanges.between(tenant.model(), after).changes());
        Map<VmId, PlacementView> allPlacements = new HashMap<>(placements);
        allPlacements.putAll(tenant.placements());
        Map<TenantId, TenantModel> allModels = new HashMap<>(models);
        allModels.put(tenant.model().tenant(), tenant.model());
        return new PreviewReach(new TableChanges(allChanges), allPlacements, allModels);
    }

    /** A change sets the tenant's time along where schedules or expiries ask for it, but never back. */
    private static TenantModel asOfNow(TenantModel after, Clock clock) {
        Instant now = clock.instant();
        return now.isAfter(after.time()) ? after.at(now) : after;
    }
}
