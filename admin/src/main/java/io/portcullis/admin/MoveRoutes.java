package io.portcullis.admin;

import io.portcullis.admin.http.Access;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.admin.http.Role;
import io.portcullis.admin.http.Router;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.MoveView;
import io.portcullis.api.PrepareMoveRequest;
import io.portcullis.api.ResumedRequest;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/** What hypervisors say of VMs that they move themselves. */
final class MoveRoutes {
    private static final String MOVE = "/v1/tenants/{tenant}/vms/{name}/move/";

    private final HypervisorMoves moves;
    private final AdminServices services;
    private final Metrics metrics;

    MoveRoutes(AdminServices services, Metrics metrics, LongSupplier nanoTime) {
        this.services = services;
        this.metrics = metrics;
        this.moves = new HypervisorMoves(services, nanoTime);
    }

    void addTo(Router router) {
        router.add("POST", MOVE + "prepare", Access.cluster(Role.EDITOR), this::prepare)
                .add("POST", MOVE + "stopped", Access.cluster(Role.EDITOR), this::stopped)
                .add("POST", MOVE + "resumed", Access.cluster(Role.EDITOR), this::resumed)
                .add("POST", MOVE + "aborted", Access.cluster(Role.EDITOR), this::aborted);
    }

    private CompletionStage<Answer> prepare(Exchange exchange) {
        HostId to = host("to", exchange.read(PrepareMoveRequest.class).to());
        return vm(exchange)
                .thenCompose(vm -> moves.prepare(vm, to, exchange.by(), wait(exchange)))
                .thenApply(answer -> answered("prepare", answer));
    }

    private CompletionStage<Answer> stopped(Exchange exchange) {
        return vm(exchange)
                .thenCompose(vm -> moves.stopped(vm, exchange.by(), wait(exchange)))
                .thenApply(answer -> answered("stopped", answer));
    }

    private CompletionStage<Answer> resumed(Exchange exchange) {
        HostId host = host("host", exchange.read(ResumedRequest.class).host());
        return vm(exchange)
                .thenCompose(vm -> moves.resumed(vm, host, exchange.by(), wait(exchange)))
                .thenApply(answer -> answered("resumed", answer));
    }

    private CompletionStage<Answer> aborted(Exchange exchange) {
        return vm(exchange)
                .thenCompose(vm -> moves.aborted(vm, exchange.by(), wait(exchange)))
                .thenApply(answer -> answered("aborted", answer));
    }

    private Answer answered(String call, MoveView answer) {
        metrics.hypervisorAnswered(call, answer.status(), answer.warning() != null);
        return Answer.ok(answer);
    }

    /** A VM that the tenant has. */
    private CompletionStage<VmId> vm(Exchange exchange) {
        return services.model(TenantRoutes.tenant(exchange))
                .thenApply(model -> Lookup.vm(model, exchange.variable("name")).id());
    }

    private static HostId host(String field, String text) {
        try {
            return new HostId(text);
        } catch (IllegalArgumentException noName) {
            throw RefusedException.invalid(List.of(new FieldProblem(field, String.valueOf(noName.getMessage()), null)));
        }
    }

    private static Duration wait(Exchange exchange) {
        long most = AdminServices.MAX_MIGRATION_WAIT.toMillis();
        return Duration.ofMillis(exchange.number("waitMillis", 0, most).orElse(most));
    }
}
