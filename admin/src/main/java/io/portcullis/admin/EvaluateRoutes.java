package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Router;
import io.portcullis.api.EvaluateRequest;
import io.portcullis.policy.evaluate.PathEvaluation;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.model.TenantModel;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What a tenant's policy says about a connection, and why. */
final class EvaluateRoutes {
    private final AdminServices services;

    EvaluateRoutes(AdminServices services) {
        this.services = services;
    }

    void addTo(Router router) {
        router.ask("/v1/tenants/{tenant}/evaluate", this::evaluate);
    }

    private CompletionStage<Answer> evaluate(Exchange exchange) {
        EvaluateRequest request = exchange.read(EvaluateRequest.class);
        // on a thread of its own: 64 paths through 75,000 policies take seconds
        return services.model(TenantRoutes.tenant(exchange)).thenApplyAsync(model -> {
            PathRequest wanted = PathRequest.read(model, request);
            return Answer.ok(EvaluationViews.view(model, wanted, evaluate(model, wanted)), model.revision());
        });
    }

    static List<PathEvaluation> evaluate(TenantModel model, PathRequest wanted) {
        PolicyEvaluator evaluator = PolicyEvaluator.of(model);
        return wanted.paths().stream()
                .map(path -> evaluator.evaluate(
                        path,
                        wanted.packet().between(path.from().address(), path.to().address()),
                        wanted.packet().router()))
                .toList();
    }
}
