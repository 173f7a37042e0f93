package io.portcullis.admin;

import io.portcullis.admin.document.ModelDocuments;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Router;
import io.portcullis.api.HistoryView;
import io.portcullis.api.RevisionView;
import io.portcullis.api.RollbackRequest;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A tenant's documents as a whole, now and at older revisions: export, history, rollback. */
final class RevisionRoutes {
    private static final String TENANT = "/v1/tenants/{tenant}";
    private static final String YAML = "application/yaml";
    private static final int DEFAULT_PAGE = 50;
    private static final int MAX_PAGE = 1_000;

    private final AdminServices services;
    private final Edits edits;

    RevisionRoutes(AdminServices services, Edits edits) {
        this.services = services;
        this.edits = edits;
    }

    void addTo(Router router) {
        router.get(TENANT + "/documents", this::export)
                .get(TENANT + "/history", this::history)
                .get(TENANT + "/history/{revision}", this::revision)
                .post(TENANT + "/rollback", exchange -> rollback(exchange, Edits::apply))
                .ask(TENANT + "/rollback/dry-run", exchange -> rollback(exchange, Edits::dryRun));
    }

    private CompletionStage<Answer> export(Exchange exchange) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        OptionalLong revision = exchange.number("revision", 1, Long.MAX_VALUE);
        @Nullable String kind = kind(exchange.query().get("kind"));
        @Nullable String name = exchange.query().get("name");
        return (revision.isPresent() ? services.model(tenant, revision.getAsLong()) : services.model(tenant))
                .thenApply(model -> {
                    String text = ModelDocuments.objects(model)
                            .filter(object ->
                                    kind == null || kind.equals(object.kind().title()))
                            .filter(object -> name == null || name.equals(object.name()))
                            .map(object -> ModelDocuments.document(model, object))
                            .collect(Collectors.joining());
                    if (text.isEmpty() && name != null) {
                        throw new RefusedException(
                                ProblemKind.UNKNOWN,
                                "revision " + model.revision() + " of " + tenant + " has no "
                                        + (kind == null ? "document" : kind) + " '" + name + "'",
                                "leave the name out to see all there are");
                    }
                    return Answer.text(text, YAML, model.revision());
                });
    }

    private static @Nullable String kind(@Nullable String text) {
        List<String> titles = Arrays.stream(ModelChange.Kind.values())
                .filter(ModelChange.Kind::hasDocuments)
                .map(ModelChange.Kind::title)
                .toList();
        if (text != null && !titles.contains(text)) {
            throw new RefusedException(
                    ProblemKind.INVALID_REQUEST,
                    "the parameter kind is '" + text + "'",
                    "give one of " + String.join(", ", titles));
        }
        return text;
    }

    private CompletionStage<Answer> history(Exchange exchange) {
        long before = exchange.number("before", 1, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
        int limit = (int) exchange.number("limit", 1, MAX_PAGE).orElse(DEFAULT_PAGE);
        return services.history(TenantRoutes.tenant(exchange), before, limit)
                .thenApply(history -> Answer.ok(history, history.current()));
    }

    private CompletionStage<Answer> revision(Exchange exchange) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        long revision = revision(exchange.variable("revision"));
        long before = revision == Long.MAX_VALUE ? revision : revision + 1;
        return services.history(tenant, before, 1)
                .thenCompose(history ->
                        find(tenant, revision, history).thenApply(found -> Answer.ok(found, history.current())));
    }

    private static long revision(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException noNumber) {
            throw new RefusedException(
                    ProblemKind.UNKNOWN, "there is no revision '" + text + "'", "a revision is a whole number");
        }
    }

    private CompletionStage<RevisionView> find(TenantId tenant, long revision, HistoryView history) {
        RevisionView found = history.items().stream()
                .filter(each -> each.revision() == revision)
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        ProblemKind.UNKNOWN,
                        "nothing is remembered of how revision " + revision + " of tenant " + tenant + " came about",
                        "'portcullis history' shows what is; its documents are known from " + history.oldest() + " to "
                                + history.current()));
        CompletionStage<TenantModel> before = revision == history.oldest()
                ? CompletableFuture.completedFuture(TenantModel.empty(tenant))
                : services.model(tenant, revision - 1);
        return before.thenCombine(services.model(tenant, revision), (former, latter) -> {
            List<ModelChange> changes = ModelChange.between(former, latter);
            return new RevisionView(
                    revision,
                    found.at(),
                    found.by(),
                    found.note(),
                    found.summary(),
                    ModelDocuments.diff(latter, changes, ModelDocuments.MAX_DIFF_CHARS));
        });
    }

    private CompletionStage<Answer> rollback(
            Exchange exchange, BiFunction<Edits, Edits.Change, CompletionStage<Answer>> how) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        RollbackRequest request = exchange.read(RollbackRequest.class);
        boolean inventory = Boolean.TRUE.equals(request.inventory());
        return services.model(tenant, request.to())
                .thenCompose(target -> how.apply(
                        edits,
                        new Edits.Change(
                                tenant,
                                exchange.ifMatch(),
                                exchange.by(),
                                model -> edits(model, target, inventory),
                                problem -> null,
                                ProblemKind.WRONG_STATE,
                                "rollback to revision " + request.to() + (inventory ? " with its inventory" : ""),
                                "what an older revision names may be gone by now: make it again first, or roll the"
                                        + " inventory back too")));
    }

    /** The time stays what it is: what comes back is active as it is now. So does the quota, which is not the tenant's to change. */
    private static List<ModelEdit> edits(TenantModel model, TenantModel target, boolean inventory) {
        return ModelChange.between(model, target).stream()
                .filter(change -> change.kind().hasDocuments())
                .filter(change -> inventory || change.kind() != ModelChange.Kind.VM)
                .map(ModelChange::redo)
                .toList();
    }
}
