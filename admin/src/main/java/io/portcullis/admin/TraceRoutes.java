package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.Router;
import io.portcullis.api.EvaluateRequest;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.evaluate.Path;
import io.portcullis.policy.evaluate.PathEvaluation;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What the firewalls on a connection's way say about it as they are now, and whether the policy says the same. Nothing is sent. */
final class TraceRoutes {
    /** Connections that each firewall lists; it counts all. */
    static final int MAX_CONNECTIONS_LISTED = 10;

    private final AdminServices services;

    TraceRoutes(AdminServices services) {
        this.services = services;
    }

    void addTo(Router router) {
        router.ask("/v1/tenants/{tenant}/trace", this::trace);
    }

    /**
     * What is asked, with what the policy says to it.
     *
     * @param anySource whether connections from all source ports are meant
     */
    private record Question(
            TenantModel model, PathRequest wanted, boolean anySource, List<PathEvaluation> evaluations) {
        static Question read(TenantModel model, EvaluateRequest request) {
            PathRequest wanted = PathRequest.read(model, request);
            int protocol = wanted.packet().protocol();
            boolean isIcmp = protocol == ServiceLibrary.ICMP || protocol == ServiceLibrary.ICMPV6;
            boolean anySource = isIcmp || (request.port() != null && request.sourcePort() == null);
            return new Question(model, wanted, anySource, EvaluateRoutes.evaluate(model, wanted));
        }

        Set<VnicId> vnics() {
            Set<VnicId> vnics = new HashSet<>();
            for (Path path : wanted.paths()) {
                for (Vnic vnic : new Vnic[] {path.from().vnic(), path.to().vnic()}) {
                    if (vnic != null) {
                        vnics.add(vnic.id());
                    }
                }
            }
            return vnics;
        }
    }

    private CompletionStage<Answer> trace(Exchange exchange) {
        EvaluateRequest request = exchange.read(EvaluateRequest.class);
        return services.model(TenantRoutes.tenant(exchange))
                .thenApplyAsync(model -> Question.read(model, request))
                .thenCompose(question -> answer(question, Sight.of(exchange.principal())));
    }

    private CompletionStage<Answer> answer(Question question, Sight sight) {
        LiveFirewalls firewalls = new LiveFirewalls(services);
        List<CompletionStage<TraceViews.Sides>> sides = question.evaluations().stream()
                .map(evaluation -> sides(question, evaluation.path(), firewalls))
                .toList();
        TenantModel model = question.model();
        return services.assignments(model.tenant(), question.vnics())
                .thenCombine(
                        Stages.all(sides),
                        (assignments, found) -> Answer.ok(
                                new TraceViews(model, assignments, sight)
                                        .view(question.wanted(), question.evaluations(), found),
                                model.revision()));
    }

    private static CompletionStage<TraceViews.Sides> sides(Question question, Path path, LiveFirewalls firewalls) {
        Datagram datagram = question.wanted()
                .packet()
                .between(path.from().address(), path.to().address());
        MacAddress router = question.wanted().packet().router();
        Vnic sender = path.from().vnic();
        Vnic receiver = path.to().vnic();
        CompletionStage<@Nullable LiveSide> nobody = CompletableFuture.completedFuture(null);
        CompletionStage<? extends @Nullable LiveSide> source = sender == null
                ? nobody
                : firewalls.ask(
                        sender.id(),
                        new FlowQuery(
                                Direction.OUT,
                                path.sent(datagram, router),
                                question.anySource(),
                                MAX_CONNECTIONS_LISTED));
        CompletionStage<? extends @Nullable LiveSide> destination = receiver == null
                ? nobody
                : firewalls.ask(
                        receiver.id(),
                        new FlowQuery(
                                Direction.IN,
                                path.received(datagram, router),
                                question.anySource(),
                                MAX_CONNECTIONS_LISTED));
        return source.thenCombine(destination, TraceViews.Sides::new);
    }
}
