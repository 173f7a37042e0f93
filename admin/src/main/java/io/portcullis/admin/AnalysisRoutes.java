package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Router;
import io.portcullis.api.AnalysisView;
import io.portcullis.api.FindingView;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import io.portcullis.policy.analyze.Analysis;
import io.portcullis.policy.analyze.Finding;
import io.portcullis.policy.analyze.FindingKind;
import io.portcullis.policy.analyze.PolicyAnalyzer;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.TenantModel;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The analysis of a tenant's policy, as it is or as documents would make it. */
final class AnalysisRoutes {
    /** Findings that are listed unless the client says how many. */
    private static final int USUAL_FINDINGS = 1_000;

    private static final int MAX_FINDINGS = 100_000;

    private final AdminServices services;
    private final RuleUsages usages;
    private final Clock clock;
    /** An analysis takes a while: nobody else's threads are used for it. */
    private final Executor workers;

    AnalysisRoutes(AdminServices services, Clock clock, Executor workers) {
        this.services = services;
        this.usages = new RuleUsages(services);
        this.clock = clock;
        this.workers = workers;
    }

    void addTo(Router router) {
        router.get("/v1/tenants/{tenant}/analysis", this::ofTenant)
                .ask("/v1/tenants/{tenant}/analysis", this::withDocuments);
    }

    private CompletionStage<Answer> ofTenant(Exchange exchange) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        return services.model(tenant)
                .thenCombineAsync(
                        usages.asked(exchange, tenant, clock.instant()),
                        (model, usage) -> answer(exchange, model, analyze(exchange, model, usage), usage, null),
                        workers);
    }

    /** Changes nothing. */
    private CompletionStage<Answer> withDocuments(Exchange exchange) {
        Edits.Change change = DocumentRoutes.changeOf(exchange, DocumentRoutes.all(exchange));
        return services.model(change.tenant())
                .thenCombineAsync(
                        usages.asked(exchange, change.tenant(), clock.instant()),
                        (model, usage) -> switch (model.apply(change.edits().apply(model))) {
                            case EditResult.Accepted(TenantModel after, boolean _) ->
                                answer(
                                        exchange,
                                        model,
                                        analyze(exchange, after, usage),
                                        usage,
                                        Finding.identities(
                                                analyze(exchange, model, usage).findings()));
                            case EditResult.Refused refused ->
                                throw Edits.rejected(change, new EditOutcome.Rejected(refused.problems()));
                        },
                        workers);
    }

    private static Analysis analyze(Exchange exchange, TenantModel model, Optional<RuleUsages.Known> usage) {
        Tier reader = Sight.of(exchange.principal()).reader();
        return usage.map(known -> PolicyAnalyzer.analyze(model, known.of(model), reader))
                .orElseGet(() -> PolicyAnalyzer.analyze(model, reader));
    }

    /** @param known identities of the findings without the documents; null if there are no documents */
    private static Answer answer(
            Exchange exchange,
            TenantModel model,
            Analysis analysis,
            Optional<RuleUsages.Known> usage,
            @Nullable Set<String> known) {
        Set<FindingKind> kinds = FindingKinds.of(exchange, "kind", EnumSet.allOf(FindingKind.class));
        long limit = exchange.number("limit", 1, MAX_FINDINGS).orElse(USUAL_FINDINGS);
        List<Finding> wanted = analysis.findings().stream()
                .filter(finding -> kinds.contains(finding.kind()))
                .toList();
        Map<String, Integer> counts = new TreeMap<>();
        analysis.counts().forEach((kind, count) -> {
            if (kinds.contains(kind)) {
                counts.put(kind.word(), count);
            }
        });
        return Answer.ok(
                new AnalysisView(
                        model.tenant().value(),
                        model.revision(),
                        analysis.rules(),
                        analysis.unfinished(),
                        usage.map(asked -> view(asked, analysis)).orElse(null),
                        counts,
                        wanted.size() > limit,
                        wanted.stream()
                                .limit(limit)
                                .map(finding -> view(finding, known))
                                .toList()),
                model.revision());
    }

    private static AnalysisView.Usage view(RuleUsages.Known usage, Analysis analysis) {
        HitReport report = usage.report();
        return new AnalysisView.Usage(
                usage.unusedSince().toString(),
                HitViews.text(report.countedSince()),
                report.complete(),
                report.silentHosts(),
                analysis.undecided());
    }

    private static FindingView view(Finding finding, @Nullable Set<String> known) {
        return new FindingView(
                finding.kind().word(),
                finding.subject().toString(),
                finding.message(),
                finding.hint(),
                finding.causes().stream().map(Object::toString).toList(),
                known == null ? null : !known.contains(finding.identity()));
    }
}
