package io.portcullis.admin;

import io.portcullis.admin.document.ScheduleText;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Router;
import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.FieldProblem;
import io.portcullis.policy.evaluate.PathEvaluation;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

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
        return services.model(TenantRoutes.tenant(exchange)).thenApplyAsync(now -> {
            TenantModel model = at(now, request.at());
            PathRequest wanted = PathRequest.read(model, request);
            return Answer.ok(
                    EvaluationViews.view(
                            model,
                            request.at() != null,
                            wanted,
                            evaluate(model, wanted),
                            Sight.of(exchange.principal())),
                    model.revision());
        });
    }

    private static TenantModel at(TenantModel model, @Nullable String time) {
        if (time == null) {
            return model;
        }
        try {
            Instant at = ScheduleText.instant(time);
            int year = at.atOffset(ZoneOffset.UTC).getYear();
            if (year < Limits.MIN_YEAR || year > Limits.MAX_YEAR) {
                throw new IllegalArgumentException("the year " + year + " is out of range; use " + Limits.MIN_YEAR
                        + " to " + Limits.MAX_YEAR + " (MIN_YEAR, MAX_YEAR)");
            }
            return model.at(at);
        } catch (IllegalArgumentException none) {
            throw RefusedException.invalid(List.of(new FieldProblem("at", String.valueOf(none.getMessage()), null)));
        }
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
