package io.portcullis.admin;

import io.portcullis.admin.document.DocumentPaths;
import io.portcullis.admin.document.ModelReader;
import io.portcullis.admin.document.ModelWriter;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Router;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.ItemList;
import io.portcullis.api.Metadata;
import io.portcullis.api.Resource;
import io.portcullis.api.document.Documents;
import io.portcullis.api.document.InvalidDocumentException;
import io.portcullis.api.document.Located;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.analyze.FindingKind;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Segments, groups, services and policies, one by one; and many documents of all kinds at once. */
final class DocumentRoutes {
    private final AdminServices services;
    private final Edits edits;
    private final Executor workers;

    DocumentRoutes(AdminServices services, Edits edits, Executor workers) {
        this.services = services;
        this.edits = edits;
        this.workers = workers;
    }

    void addTo(Router router) {
        router.post("/v1/tenants/{tenant}/documents", this::applyAll)
                .ask(
                        "/v1/tenants/{tenant}/documents/dry-run",
                        exchange -> edits.dryRun(changeOf(exchange, all(exchange))));
        for (DocumentCollection<?> collection : DocumentCollection.ALL) {
            String path = "/v1/tenants/{tenant}/" + collection.path();
            router.get(path, exchange -> list(exchange, collection))
                    .get(path + "/{name}", exchange -> get(exchange, collection))
                    .put(path + "/{name}", exchange -> put(exchange, collection.kind(), collection.specType()))
                    .delete(path + "/{name}", exchange -> delete(exchange, collection));
        }
    }

    private <S extends Record> CompletionStage<Answer> list(Exchange exchange, DocumentCollection<S> collection) {
        return model(exchange).thenApply(model -> {
            List<Resource<S>> items = new ArrayList<>();
            collection
                    .documents()
                    .apply(model)
                    .forEach((name, spec) -> items.add(resource(model, collection.kind(), name, spec)));
            return Answer.ok(new ItemList<>(items), model.revision());
        });
    }

    private <S extends Record> CompletionStage<Answer> get(Exchange exchange, DocumentCollection<S> collection) {
        String name = exchange.variable("name");
        return model(exchange).thenApply(model -> {
            S spec = Lookup.named(collection.documents().apply(model), collection.kind(), name);
            return Answer.ok(resource(model, collection.kind(), name, spec), model.revision());
        });
    }

    /** As it is, or as it was at the revision that the query names. */
    private CompletionStage<TenantModel> model(Exchange exchange) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        OptionalLong revision = exchange.number("revision", 1, Long.MAX_VALUE);
        return revision.isPresent() ? services.model(tenant, revision.getAsLong()) : services.model(tenant);
    }

    private static <S> Resource<S> resource(TenantModel model, String kind, String name, S spec) {
        SecurityPolicy policy = kind.equals("Policy") ? model.policies().get(name) : null;
        return new Resource<>(
                kind,
                new Metadata(name, model.tenant().value(), model.revision()),
                spec,
                policy == null ? null : ModelWriter.status(policy, model.time()));
    }

    /** Also used for VMs. */
    CompletionStage<Answer> put(Exchange exchange, String kind, Class<? extends Record> type) {
        String name = exchange.variable("name");
        try {
            Located document = Documents.readSpec(exchange.body(), exchange.format(), kind, name, type);
            return edits.apply(changeOf(exchange, List.of(document)));
        } catch (InvalidDocumentException invalid) {
            throw RefusedException.invalid(invalid.problems());
        }
    }

    private CompletionStage<Answer> delete(Exchange exchange, DocumentCollection<?> collection) {
        String name = exchange.variable("name");
        return edits.apply(
                Edits.Change.removal(TenantRoutes.tenant(exchange), exchange.ifMatch(), exchange.by(), model -> {
                    Map<String, ?> known = collection.documents().apply(model);
                    Lookup.named(known.get(name), collection.kind(), name, known.keySet());
                    return List.of(collection.remove().apply(name));
                }));
    }

    /** Where the client refuses findings, the analysis comes first, on a thread of its own. */
    private CompletionStage<Answer> applyAll(Exchange exchange) {
        Edits.Change change = changeOf(exchange, all(exchange));
        Set<FindingKind> refused = FindingKinds.of(exchange, "failOn", Set.of());
        if (refused.isEmpty()) {
            return edits.apply(change);
        }
        AnalysisGate gate = new AnalysisGate(change, refused, Sight.of(exchange.principal()));
        return services.model(change.tenant())
                .thenApplyAsync(gate::edits, workers)
                .thenCompose(passed -> edits.apply(gate.guarded()));
    }

    static List<Located> all(Exchange exchange) {
        try {
            return Documents.readAll(exchange.body(), exchange.format());
        } catch (InvalidDocumentException invalid) {
            throw RefusedException.invalid(invalid.problems());
        }
    }

    static Edits.Change changeOf(Exchange exchange, List<Located> documents) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        Map<String, Located> byTitle = new HashMap<>();
        documents.forEach(document -> byTitle.put(
                document.resource().kind() + "/"
                        + document.resource().metadata().name(),
                document));
        return new Edits.Change(
                tenant,
                exchange.ifMatch(),
                exchange.by(),
                model -> read(model, documents),
                problem -> DocumentPaths.title(problem)
                        .map(byTitle::get)
                        .flatMap(document -> DocumentPaths.within(document.resource(), problem)
                                .map(document::report))
                        .orElse(null),
                ProblemKind.INVALID_DOCUMENT);
    }

    private record Reading(Optional<ModelEdit> edit, List<FieldProblem> mistakes) {
        static Reading of(TenantModel model, Located document) {
            ModelReader reader = new ModelReader(model);
            return new Reading(
                    reader.read(document.resource()),
                    reader.mistakes().stream().map(document::report).toList());
        }
    }

    /** Of many documents, several at a time: there may be hundreds of thousands of rules in them. */
    private static List<ModelEdit> read(TenantModel model, List<Located> documents) {
        List<Reading> read = documents.parallelStream()
                .map(document -> Reading.of(model, document))
                .toList();
        List<FieldProblem> mistakes =
                read.stream().flatMap(each -> each.mistakes().stream()).toList();
        if (!mistakes.isEmpty()) {
            throw RefusedException.invalid(mistakes);
        }
        return read.stream().flatMap(each -> each.edit().stream()).toList();
    }
}
