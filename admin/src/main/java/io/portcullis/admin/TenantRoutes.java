package io.portcullis.admin;

import io.portcullis.admin.document.ModelDocuments;
import io.portcullis.admin.document.ModelReader;
import io.portcullis.admin.document.ModelWriter;
import io.portcullis.admin.http.Access;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.admin.http.Router;
import io.portcullis.api.ItemList;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.TenantView;
import io.portcullis.persistence.ApiTokens;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Tenants, and how far their policy is realized. */
final class TenantRoutes {
    /** vNICs that an answer about a realization lists, unless asked for another number. */
    private static final int DEFAULT_VNICS = 1_000;

    private static final int MAX_VNICS = 1_000_000;

    private final AdminServices services;
    private final ApiTokens tokens;

    TenantRoutes(AdminServices services, ApiTokens tokens) {
        this.services = services;
        this.tokens = tokens;
    }

    void addTo(Router router) {
        router.add("GET", "/v1/tenants", Access.shared(Role.VIEWER), this::list)
                .get(
                        "/v1/tenants/{tenant}",
                        exchange -> services.model(tenant(exchange)).thenApply(TenantRoutes::view))
                .put("/v1/tenants/{tenant}", this::put)
                .add("DELETE", "/v1/tenants/{tenant}", Access.cluster(Role.EDITOR), this::delete)
                .get("/v1/tenants/{tenant}/realization", this::realization);
    }

    static TenantId tenant(Exchange exchange) {
        return Lookup.tenantId(exchange.variable("tenant"));
    }

    private static Answer view(TenantModel model) {
        return Answer.ok(ModelWriter.tenant(model), model.revision());
    }

    private CompletionStage<Answer> delete(Exchange exchange) {
        TenantId tenant = tenant(exchange);
        return services.deleteTenant(tenant, exchange.by())
                .thenCompose(done -> tokens.removeOf(tenant))
                .thenApply(removed -> Answer.noContent());
    }

    private CompletionStage<Answer> list(Exchange exchange) {
        return services.tenants()
                .thenCompose(names -> {
                    CompletionStage<List<TenantView>> views = CompletableFuture.completedFuture(new ArrayList<>());
                    for (TenantId name : names.stream()
                            .filter(exchange.principal()::sees)
                            .filter(name -> !name.equals(TenantId.PROVIDER))
                            .toList()) {
                        views = views.thenCombine(services.model(name), (list, model) -> {
                            list.add(ModelWriter.tenant(model));
                            return list;
                        });
                    }
                    return exchange.principal().tenant() == null ? withProvider(views) : views;
                })
                .thenApply(ItemList::new)
                .thenApply(Answer::ok);
    }

    /** Once there is anything to see of it. */
    private CompletionStage<List<TenantView>> withProvider(CompletionStage<List<TenantView>> views) {
        CompletionStage<Optional<TenantModel>> provider =
                services.model(TenantId.PROVIDER).handle((model, silent) -> Optional.ofNullable(model));
        return views.thenCombine(provider, (list, found) -> {
            found.filter(model -> model.revision() > 0).map(ModelWriter::tenant).ifPresent(list::add);
            return list;
        });
    }

    private CompletionStage<Answer> put(Exchange exchange) {
        TenantId tenant = tenant(exchange);
        ModelReader reader = new ModelReader(TenantModel.empty(tenant));
        ModelEdit.SetDefaults defaults =
                reader.defaults(exchange.readIfAny(TenantSpec.class).orElse(new TenantSpec(null, null)));
        if (!reader.mistakes().isEmpty()) {
            throw RefusedException.invalid(reader.mistakes());
        }
        CompletionStage<TenantModel> before =
                services.model(tenant).exceptionally(unknown -> TenantModel.empty(tenant));
        return before.thenCompose(model -> put(exchange, model, defaults));
    }

    private CompletionStage<Answer> put(Exchange exchange, TenantModel before, ModelEdit.SetDefaults defaults) {
        TenantId tenant = before.tenant();
        return services.putTenant(tenant, defaults, exchange.ifMatch(), exchange.by())
                .thenCompose(outcome -> switch (outcome) {
                    case EditOutcome.Applied _ ->
                        services.model(tenant)
                                .thenApply(after -> view(after)
                                        .withDiff(ModelDocuments.diff(
                                                after,
                                                ModelChange.made(before, after, List.of(defaults)),
                                                AuditLog.MAX_DIFF_CHARS)));
                    case EditOutcome.Stale(long current) ->
                        throw Edits.stale(tenant, exchange.ifMatch().orElse(0), current);
                    case EditOutcome.Rejected rejected ->
                        throw RefusedException.invalid(rejected.problems().stream()
                                .map(io.portcullis.admin.document.DocumentPaths::elsewhere)
                                .toList());
                });
    }

    private CompletionStage<Answer> realization(Exchange exchange) {
        OptionalLong revision = exchange.number("revision", 0, Long.MAX_VALUE);
        long waitMillis = exchange.number("waitMillis", 0, AdminServices.MAX_REALIZATION_WAIT.toMillis())
                .orElse(0);
        int limit = (int) exchange.number("limit", 0, MAX_VNICS).orElse(DEFAULT_VNICS);
        return services.realization(tenant(exchange), revision, Duration.ofMillis(waitMillis))
                .thenApply(view -> Answer.ok(view.limitedTo(limit), view.current()));
    }
}
