package io.portcullis.admin;

import io.portcullis.admin.http.Access;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Principal;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.admin.http.Router;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.ItemList;
import io.portcullis.api.MigrationRequest;
import io.portcullis.api.MigrationView;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Migrations: ask for one, follow it, cancel it, look at those of the past. */
final class MigrationRoutes {
    private static final int DEFAULT_LIMIT = 50;
    private static final int MAX_LIMIT = 1_000;

    private final AdminServices services;

    MigrationRoutes(AdminServices services) {
        this.services = services;
    }

    void addTo(Router router) {
        router.add("POST", "/v1/migrations", Access.cluster(Role.EDITOR), this::begin)
                .add("GET", "/v1/migrations", Access.shared(Role.VIEWER), this::list)
                .add("GET", "/v1/migrations/{id}", Access.shared(Role.VIEWER), this::get)
                .add("DELETE", "/v1/migrations/{id}", Access.cluster(Role.EDITOR), this::cancel);
    }

    private CompletionStage<Answer> begin(Exchange exchange) {
        MigrationRequest request = exchange.read(MigrationRequest.class);
        List<FieldProblem> mistakes = new ArrayList<>();
        VmId vm = parse("vm", request.vm(), VmId::parse, mistakes);
        HostId to = parse("to", request.to(), HostId::new, mistakes);
        if (vm == null || to == null) {
            throw RefusedException.invalid(mistakes);
        }
        return services.migrate(vm, to, exchange.by())
                .thenApply(migration -> Answer.accepted(migration, "/v1/migrations/" + migration.id()));
    }

    private CompletionStage<Answer> cancel(Exchange exchange) {
        return services.cancel(exchange.variable("id"), exchange.by()).thenApply(Answer::ok);
    }

    private static <T> @Nullable T parse(
            String path, String text, Function<String, T> parse, List<FieldProblem> mistakes) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException wrong) {
            mistakes.add(new FieldProblem(path, String.valueOf(wrong.getMessage()), null));
            return null;
        }
    }

    private CompletionStage<Answer> get(Exchange exchange) {
        String id = exchange.variable("id");
        return services.migration(id).thenApply(migration -> {
            if (!isVisible(migration, exchange.principal())) {
                throw new RefusedException(ProblemKind.UNKNOWN, "there is no migration '" + id + "'");
            }
            return Answer.ok(migration);
        });
    }

    private static boolean isVisible(MigrationView migration, Principal principal) {
        return principal.sees(VmId.parse(migration.vm()).tenant());
    }

    /** For a token of a tenant, those of the tenant among the newest {@value #MAX_LIMIT}. */
    private CompletionStage<Answer> list(Exchange exchange) {
        int limit = (int) exchange.number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
        Principal principal = exchange.principal();
        int searched = principal.tenant() == null ? limit : MAX_LIMIT;
        Optional<VmId> vm = Optional.ofNullable(exchange.query().get("vm")).map(text -> {
            try {
                return VmId.parse(text);
            } catch (IllegalArgumentException wrong) {
                throw new RefusedException(ProblemKind.INVALID_REQUEST, String.valueOf(wrong.getMessage()));
            }
        });
        return services.migrations(vm, searched)
                .thenApply(migrations -> migrations.stream()
                        .filter(migration -> isVisible(migration, principal))
                        .limit(limit)
                        .toList())
                .thenApply(ItemList::new)
                .thenApply(Answer::ok);
    }
}
