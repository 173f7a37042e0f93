package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Router;
import java.time.Clock;
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
                .thenCompose(plan -> PreviewReach.of(plan, services, workers, clock)
                        .thenCompose(reach -> new FlowReviewRounds(services)
                                .ask(reach.changes(), reach.placements())
                                .thenApply(answers -> Answer.ok(
                                        new PreviewViews(reach.models(), Sight.of(exchange.principal()))
                                                .view(plan, reach.changes(), answers),
                                        plan.model().revision()))));
    }
}
