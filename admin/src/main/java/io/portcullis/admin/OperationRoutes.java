package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Router;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.ItemList;
import io.portcullis.api.MoveWishes;
import io.portcullis.api.OperationLimits;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkOperation.Priority;
import io.portcullis.policy.HostId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Many VMs that are moved as one thing: a host is emptied, or the hosts are evened out. */
final class OperationRoutes {
    /** More migrations at once are no wish but a mistake; the budgets of the cluster are lower. */
    private static final int MAX_PARALLEL = 10_000;

    private final AdminServices services;

    OperationRoutes(AdminServices services) {
        this.services = services;
    }

    void addTo(Router router) {
        router.get(
                        "/v1/hosts/{host}/drain",
                        exchange -> services.evacuation(host(exchange)).thenApply(Answer::ok))
                .post("/v1/hosts/{host}/drain", exchange -> empty(exchange, BulkOperation.Kind.DRAIN))
                .post("/v1/hosts/{host}/leave", exchange -> empty(exchange, BulkOperation.Kind.LEAVE))
                .post("/v1/hosts/{host}/evacuate", exchange -> empty(exchange, BulkOperation.Kind.EVACUATE))
                .delete(
                        "/v1/hosts/{host}/drain",
                        exchange -> services.cancelDrain(host(exchange), exchange.by())
                                .thenApply(Answer::ok))
                .post("/v1/rebalance", this::rebalance)
                .get(
                        "/v1/operations",
                        exchange ->
                                services.operations().thenApply(ItemList::new).thenApply(Answer::ok))
                .get(
                        "/v1/operations/{id}",
                        exchange -> services.operation(exchange.variable("id")).thenApply(Answer::ok))
                .post("/v1/operations/{id}/pause", exchange -> change(exchange, BulkCommand.Change.PAUSE))
                .post("/v1/operations/{id}/resume", exchange -> change(exchange, BulkCommand.Change.RESUME))
                .post("/v1/operations/{id}/cancel", exchange -> change(exchange, BulkCommand.Change.CANCEL))
                .post("/v1/operations/{id}/limits", this::limit);
    }

    private static HostId host(Exchange exchange) {
        return Lookup.hostId(exchange.variable("host"));
    }

    private CompletionStage<Answer> empty(Exchange exchange, BulkOperation.Kind kind) {
        MoveWishes request = exchange.readIfAny(MoveWishes.class).orElse(MoveWishes.NONE);
        List<FieldProblem> mistakes = new ArrayList<>();
        if (request.dryRun() != null) {
            mistakes.add(new FieldProblem("dryRun", "there is no plan to show: hosts are chosen one by one", null));
        }
        BulkCommand.Wishes wishes = wishes(request, mistakes);
        return services.empty(host(exchange), kind, wishes, exchange.by())
                .thenApply(view -> Answer.accepted(view, "/v1/hosts/" + exchange.variable("host") + "/drain"));
    }

    private CompletionStage<Answer> rebalance(Exchange exchange) {
        MoveWishes request = exchange.readIfAny(MoveWishes.class).orElse(MoveWishes.NONE);
        BulkCommand.Wishes wishes = wishes(request, new ArrayList<>());
        return services.rebalance(wishes, Boolean.TRUE.equals(request.dryRun()), exchange.by())
                .thenApply(view -> view.operation() == null
                        ? Answer.ok(view)
                        : Answer.accepted(
                                view, "/v1/operations/" + view.operation().id()));
    }

    private CompletionStage<Answer> change(Exchange exchange, BulkCommand.Change change) {
        return services.change(exchange.variable("id"), change, exchange.by()).thenApply(Answer::ok);
    }

    private CompletionStage<Answer> limit(Exchange exchange) {
        OperationLimits request = exchange.read(OperationLimits.class);
        List<FieldProblem> mistakes = new ArrayList<>();
        checkLimits(request.parallel(), request.bytesPerSecond(), mistakes);
        if (request.parallel() == null && request.bytesPerSecond() == null) {
            mistakes.add(new FieldProblem("", "no limit is given", "there are parallel and bytesPerSecond"));
        }
        if (!mistakes.isEmpty()) {
            throw RefusedException.invalid(mistakes);
        }
        return services.limit(exchange.variable("id"), request.parallel(), request.bytesPerSecond(), exchange.by())
                .thenApply(Answer::ok);
    }

    private static void checkLimits(
            @Nullable Integer parallel, @Nullable Long bytesPerSecond, List<FieldProblem> mistakes) {
        if (parallel != null && (parallel < 1 || parallel > MAX_PARALLEL)) {
            mistakes.add(new FieldProblem("parallel", parallel + " is not between 1 and " + MAX_PARALLEL, null));
        }
        BytesPerSecond.check(bytesPerSecond, mistakes);
    }

    private static BulkCommand.Wishes wishes(MoveWishes request, List<FieldProblem> mistakes) {
        List<HostId> to = new ArrayList<>();
        List<String> names = request.to() == null ? List.of() : request.to();
        for (int i = 0; i < names.size(); i++) {
            try {
                to.add(new HostId(names.get(i)));
            } catch (IllegalArgumentException noName) {
                mistakes.add(new FieldProblem("to[" + i + "]", String.valueOf(noName.getMessage()), null));
            }
        }
        Long bytesPerSecond = request.bytesPerSecond();
        checkLimits(request.parallel(), bytesPerSecond, mistakes);
        Priority priority = Priority.NORMAL;
        if (request.priority() != null) {
            try {
                priority = Priority.valueOf(request.priority().toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException noPriority) {
                mistakes.add(new FieldProblem(
                        "priority",
                        "'" + request.priority() + "' is no priority",
                        "there are " + Arrays.toString(Priority.values())));
            }
        }
        if (!mistakes.isEmpty()) {
            throw RefusedException.invalid(mistakes);
        }
        return new BulkCommand.Wishes(to, request.parallel(), priority, bytesPerSecond == null ? 0 : bytesPerSecond);
    }
}
