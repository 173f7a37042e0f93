package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Router;
import io.portcullis.policy.model.TenantModel;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** What documents would do to rule tables and live connections, from what is there now. Nothing is changed. */
final class PreviewRoutes {
    private final AdminServices services;
    private final Edits edits;
    /** Compiling a tenant takes a while. */
    private final Executor workers;

    private final Clock clock;

    PreviewRoutes(AdminServices services, Edits edits, Executor workers, Clock clock) {
        this.services = services;
        this.edits = edits;
        this.workers = workers;
        this.clock = clock;
    }

    void addTo(Router router) {
        router.ask("/v1/tenants/{tenant}/preview", this::preview);
    }

    private CompletionStage<Answer> preview(Exchange exchange) {
        Edits.Change change = DocumentRoutes.changeOf(exchange, DocumentRoutes.all(exchange));
        return edits.checked(change)
                .thenCompose(plan -> services.placements(change.tenant())
                        .thenComposeAsync(
                                placements -> {
                                    TableChanges changes = TableChanges.between(plan.model(), asOfNow(plan.after()));
                                    return new FlowReviewRounds(services)
                                            .ask(changes, placements)
                                            .thenApply(answers -> Answer.ok(
                                                    PreviewViews.view(plan, changes, answers),
                                                    plan.model().revision()));
                                },
                                workers));
    }

    /** A change sets the tenant's time along where schedules or expiries ask for it, but never back. */
    private TenantModel asOfNow(TenantModel after) {
        Instant now = clock.instant();
        return now.isAfter(after.time()) ? after.at(now) : after;
    }
}
