package io.portcullis.admin;

import io.portcullis.admin.document.ModelReader;
import io.portcullis.admin.document.ModelWriter;
import io.portcullis.admin.http.Access;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.admin.http.Router;
import io.portcullis.api.QuotaSpec;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What tenants may have at most. Each sees its own; admins of the cluster set it. */
final class QuotaRoutes {
    private static final String PATH = "/v1/tenants/{tenant}/quota";

    private final AdminServices services;
    private final Edits edits;

    QuotaRoutes(AdminServices services, Edits edits) {
        this.services = services;
        this.edits = edits;
    }

    void addTo(Router router) {
        router.get(PATH, this::get).add("PUT", PATH, Access.cluster(Role.ADMIN), this::put);
    }

    private CompletionStage<Answer> get(Exchange exchange) {
        return services.model(TenantRoutes.tenant(exchange))
                .thenApply(model -> Answer.ok(ModelWriter.quota(model), model.revision()));
    }

    private CompletionStage<Answer> put(Exchange exchange) {
        TenantId tenant = TenantRoutes.tenant(exchange);
        ModelReader reader = new ModelReader(TenantModel.empty(tenant));
        ModelEdit.SetQuota quota = reader.quota(exchange.read(QuotaSpec.class));
        if (!reader.mistakes().isEmpty()) {
            throw RefusedException.invalid(reader.mistakes());
        }
        return edits.apply(new Edits.Change(
                tenant,
                exchange.ifMatch(),
                exchange.by(),
                _ -> List.of(quota),
                _ -> null,
                ProblemKind.INVALID_DOCUMENT));
    }
}
