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
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
                .add("POST", "/v1/migrations/dry-run", Access.cluster(Role.VIEWER), this::preflight)
                .add("POST", "/v1/migrations/{id}/reverse", Access.cluster(Role.EDITOR), this::reverse)
                .add("GET", "/v1/migrations", Access.shared(Role.VIEWER), this::list)
                .add("GET", "/v1/migrations/{id}", Access.shared(Role.VIEWER), this::get)
                .add("DELETE", "/v1/migrations/{id}", Access.cluster(Role.EDITOR), this::cancel);
    }

    private CompletionStage<Answer> begin(Exchange exchange) {
        Asked asked = asked(exchange, false);
        return services.migrate(asked.vm(), asked.to(), exchange.by()).thenApply(MigrationRoutes::accepted);
    }

    private static Answer accepted(MigrationView migration) {
        return Answer.accepted(migration, "/v1/migrations/" + migration.id());
    }

    private CompletionStage<Answer> preflight(Exchange exchange) {
        Asked asked = asked(exchange, true);
        return new Preflight(services)
                .look(asked.vm(), asked.to(), asked.bytesPerSecond(), exchange.by())
                .thenApply(Answer::ok);
    }

    private CompletionStage<Answer> reverse(Exchange exchange) {
        return services.migration(exchange.variable("id")).thenCompose(migration -> {
            if (!migration.state().equals(MigrationOutcome.COMMITTED.name())) {
                throw new RefusedException(
                        ProblemKind.WRONG_STATE,
                        "migration " + migration.id() + " is " + migration.state() + ", not COMMITTED",
                        migration.isOver()
                                ? "the VM is where it was, on " + migration.from()
                                : "cancel it, or wait until it has ended");
            }
            VmId vm = VmId.parse(migration.vm());
            return services.placement(vm).thenCompose(placement -> {
                if (!migration.to().equals(placement.host())) {
                    throw new RefusedException(
                            ProblemKind.WRONG_STATE,
                            "VM " + vm + " is not on " + migration.to() + " any more, where migration " + migration.id()
                                    + " took it",
                            "say where it shall go: portcullis migrate " + vm + " --to " + migration.from());
                }
                return services.migrate(vm, new HostId(migration.from()), exchange.by())
                        .thenApply(MigrationRoutes::accepted);
            });
        });
    }

    /** Of whom is asked, and where to. */
    private record Asked(VmId vm, HostId to, @Nullable Long bytesPerSecond) {}

    private static Asked asked(Exchange exchange, boolean isDryRun) {
        MigrationRequest request = exchange.read(MigrationRequest.class);
        List<FieldProblem> mistakes = new ArrayList<>();
        VmId vm = parse("vm", request.vm(), VmId::parse, mistakes);
        HostId to = parse("to", request.to(), HostId::new, mistakes);
        Long bytesPerSecond = request.bytesPerSecond();
        BytesPerSecond.check(bytesPerSecond, mistakes);
        if (bytesPerSecond != null && !isDryRun) {
            mistakes.add(new FieldProblem(
                    "bytesPerSecond",
                    "a migration by itself has no limit of its own",
                    "drain, evacuate and rebalance have one, and hosts:"
                            + " portcullis.migration.precopy.max-bytes-per-second"));
        }
        if (vm == null || to == null || !mistakes.isEmpty()) {
            throw RefusedException.invalid(mistakes);
        }
        return new Asked(vm, to, bytesPerSecond);
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
        int phases = (int) exchange.number("after", 0, Integer.MAX_VALUE).orElse(0);
        Duration wait = Duration.ofMillis(exchange.number("waitMillis", 0, AdminServices.MAX_MIGRATION_WAIT.toMillis())
                .orElse(0));
        return services.migration(id)
                .thenCompose(known -> wait.isZero() || !isVisible(known, exchange.principal())
                        ? CompletableFuture.completedFuture(known)
                        : services.migration(id, phases, wait))
                .thenApply(migration -> {
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
