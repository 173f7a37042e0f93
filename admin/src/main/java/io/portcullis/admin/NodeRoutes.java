package io.portcullis.admin;

import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.Router;
import io.portcullis.api.ItemList;
import io.portcullis.persistence.DatabaseHealth;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The node itself, the cluster and its hosts. */
final class NodeRoutes {
    private static final String PLAIN = "text/plain; charset=UTF-8";

    private final AdminServices services;
    private final Metrics metrics;
    private final DatabaseHealth health;

    NodeRoutes(AdminServices services, Metrics metrics, DatabaseHealth health) {
        this.services = services;
        this.metrics = metrics;
        this.health = health;
    }

    void addTo(Router router) {
        router.open("/alive", exchange -> CompletableFuture.completedFuture(Answer.text(200, "alive\n", PLAIN)))
                .open("/ready", exchange -> ready())
                .open("/metrics", exchange -> metrics.scrape())
                .get("/v1/cluster", exchange -> services.cluster().thenApply(Answer::ok))
                .get(
                        "/v1/hosts",
                        exchange -> services.hosts().thenApply(ItemList::new).thenApply(Answer::ok))
                .get(
                        "/v1/hosts/{host}",
                        exchange -> services.host(Lookup.hostId(exchange.variable("host")))
                                .thenApply(Answer::ok));
    }

    private CompletionStage<Answer> ready() {
        return services.readiness()
                .thenApply(readiness -> Answer.text(
                        readiness.ready() ? 200 : 503, readiness.reason() + StoreOutage.note(health) + "\n", PLAIN));
    }
}
