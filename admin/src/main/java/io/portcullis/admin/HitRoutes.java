package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Router;
import io.portcullis.policy.TenantId;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** How often a tenant's rules decided, and when they were last of use. */
final class HitRoutes {
    /** Rules that are listed unless the client says how many. */
    private static final int USUAL_RULES = 1_000;

    private static final int MAX_RULES = 200_000;

    private final AdminServices services;
    /** The ids of 100,000 rules are as many digests. */
    private final Executor workers;

    HitRoutes(AdminServices services, Executor workers) {
        this.services = services;
        this.workers = workers;
    }

    void addTo(Router router) {
        router.get("/v1/tenants/{tenant}/hits", this::look);
    }

    private CompletionStage<Answer> look(Exchange exchange) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        int limit = (int) exchange.number("limit", 1, MAX_RULES).orElse(USUAL_RULES);
        return services.model(tenant)
                .thenCombineAsync(
                        services.hits(tenant),
                        (model, report) -> Answer.ok(
                                HitViews.of(model, report, exchange.query().get("policy"), limit), model.revision()),
                        workers);
    }
}
