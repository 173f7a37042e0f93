package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Router;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** What documents would do to rule tables and live connections, from what is there now. Nothing is changed. */
final class PreviewRoutes {
    private final AdminServices services;
    private final Edits edits;
    /** Compiling a tenant takes a while. */
    private final Executor workers;

    PreviewRoutes(AdminServices services, Edits edits, Executor workers) {
        this.services = services;
        this.edits = edits;
        this.workers = workers;
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
                                    TableChanges changes = TableChanges.between(plan.model(), plan.after());
                                    return new FlowReviewRounds(services)
                                            .ask(changes, placements)
                                            .thenApply(answers -> Answer.ok(
                                                    PreviewViews.view(plan, changes, answers),
                                                    plan.model().revision()));
                                },
                                workers));
    }
}
