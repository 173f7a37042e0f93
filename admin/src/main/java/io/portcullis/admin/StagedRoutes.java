package io.portcullis.admin;

import io.portcullis.admin.document.DocumentPaths;
import io.portcullis.admin.document.ModelReader;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Router;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.StagedNames;
import io.portcullis.api.document.Located;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.Publication;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.TenantModel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Stages changes of policies, shows what they would do, and makes them enforced, or drops them. */
final class StagedRoutes {
    private static final String STAGED = "/v1/tenants/{tenant}/staged";
    /** Names that the note of a revision lists. */
    private static final int MAX_LISTED = 5;

    private final AdminServices services;
    private final Edits edits;

    StagedRoutes(AdminServices services, Edits edits) {
        this.services = services;
        this.edits = edits;
    }

    void addTo(Router router) {
        router.get(STAGED, this::look)
                .post(STAGED, exchange -> edits.apply(staging(exchange)))
                .ask(STAGED + "/dry-run", exchange -> edits.dryRun(staging(exchange)))
                .post(STAGED + "/publish", exchange -> edits.apply(publishing(exchange)))
                .ask(STAGED + "/publish/dry-run", exchange -> edits.dryRun(publishing(exchange)))
                .post(STAGED + "/drop", this::drop);
    }

    private CompletionStage<Answer> look(Exchange exchange) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        return services.model(tenant)
                .thenCombine(
                        services.staged(tenant),
                        (model, report) -> Answer.ok(
                                new StagedViews(Sight.of(exchange.principal())).view(model, report), model.revision()));
    }

    // ---- staging

    private static Edits.Change staging(Exchange exchange) {
        List<Located> documents = DocumentRoutes.all(exchange);
        Map<String, Located> byName = new HashMap<>();
        documents.forEach(document -> byName.put(document.resource().metadata().name(), document));
        return new Edits.Change(
                TenantRoutes.tenant(exchange),
                exchange.ifMatch(),
                exchange.by(),
                model -> read(model, documents),
                problem -> place(byName, problem),
                ProblemKind.INVALID_DOCUMENT,
                "staged",
                null);
    }

    private static List<ModelEdit> read(TenantModel model, List<Located> documents) {
        List<ModelEdit> read = new ArrayList<>(documents.size());
        List<FieldProblem> mistakes = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        for (Located document : documents) {
            String kind = document.resource().kind();
            String name = document.resource().metadata().name();
            ModelReader reader = new ModelReader(model);
            ModelEdit edit = reader.read(document.resource()).orElse(null);
            reader.mistakes().forEach(mistake -> mistakes.add(document.report(mistake)));
            switch (edit) {
                case ModelEdit.PutPolicy(var policy) ->
                    read.add(new ModelEdit.PutStagedPolicy(StagedPolicy.of(policy)));
                case ModelEdit.PutStagedPolicy staged -> read.add(staged);
                case null -> {}
                default ->
                    mistakes.add(document.report(new FieldProblem(
                            "kind",
                            "a " + kind + " cannot be staged",
                            "stage policies; apply what they name before: a new group or service changes no verdict")));
            }
            if (!names.add(name)) {
                mistakes.add(document.report(
                        new FieldProblem("metadata.name", "policy '" + name + "' is there twice", "give it once")));
            }
        }
        if (!mistakes.isEmpty()) {
            throw RefusedException.invalid(mistakes);
        }
        return read;
    }

    /** The text may have it as the policy itself, or as the document of what is staged. */
    private static @Nullable FieldProblem place(Map<String, Located> byName, Problem problem) {
        Located document = DocumentPaths.name(problem).map(byName::get).orElse(null);
        if (document == null) {
            return null;
        }
        return DocumentPaths.within(document.resource(), problem)
                .or(() -> DocumentPaths.within(document.resource(), DocumentPaths.ofPolicy(problem)))
                .map(document::report)
                .orElse(null);
    }

    // ---- publishing and dropping

    private static Edits.Change publishing(Exchange exchange) {
        return changeOf(exchange, "published", Publication::edits);
    }

    private CompletionStage<Answer> drop(Exchange exchange) {
        return edits.apply(changeOf(
                exchange,
                "unstaged",
                (model, names) -> names.stream()
                        .<ModelEdit>map(ModelEdit.RemoveStagedPolicy::new)
                        .toList()));
    }

    private static Edits.Change changeOf(
            Exchange exchange, String what, BiFunction<TenantModel, Collection<String>, List<ModelEdit>> change) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        List<String> wanted =
                exchange.readIfAny(StagedNames.class).map(StagedNames::names).orElse(null);
        String note = wanted == null
                ? "all"
                : String.join(", ", wanted.stream().limit(MAX_LISTED).toList())
                        + (wanted.size() > MAX_LISTED ? " and " + (wanted.size() - MAX_LISTED) + " more" : "");
        return new Edits.Change(
                tenant,
                exchange.ifMatch(),
                exchange.by(),
                model -> change.apply(model, names(model, wanted)),
                problem -> null,
                ProblemKind.WRONG_STATE,
                what + ": " + note,
                null);
    }

    private static Collection<String> names(TenantModel model, @Nullable List<String> wanted) {
        Set<String> staged = model.staged().keySet();
        if (wanted == null) {
            return staged;
        }
        wanted.forEach(name -> Lookup.named(staged.contains(name) ? name : null, "StagedPolicy", name, staged));
        return new LinkedHashSet<>(wanted);
    }
}
