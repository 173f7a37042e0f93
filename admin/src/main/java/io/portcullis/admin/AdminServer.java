package io.portcullis.admin;

import io.portcullis.admin.http.Router;
import io.portcullis.persistence.ApiTokens;
import io.portcullis.persistence.DatabaseHealth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;

/** The admin endpoint of a node. */
public final class AdminServer {
    /** How long requests that are under way may take after the shutdown began. */
    private static final Duration DRAIN = Duration.ofSeconds(3);

    private final ServerBinding binding;
    private final boolean secured;

    private AdminServer(ServerBinding binding, boolean secured) {
        this.binding = binding;
        this.secured = secured;
    }

    /**
     * Makes the token file if there is none, and binds. The endpoint closes with the actor system's coordinated shutdown.
     *
     * @param health while it reports an outage, changes are refused
     * @return fails with an {@link AdminStartException}, whose message is one line for people, if the port is in use or the token file
     *     cannot be used
     */
    public static CompletionStage<AdminServer> start(
            ActorSystem<?> system,
            AdminConfig config,
            AdminServices services,
            ApiTokens tokens,
            DatabaseHealth health,
            AdminTls tls) {
        String token;
        try {
            token = TokenFile.loadOrCreate(config.tokenFile());
        } catch (IOException unusable) {
            return CompletableFuture.failedFuture(
                    new AdminStartException("admin token: " + unusable.getMessage(), unusable));
        }
        Metrics metrics = new Metrics(services, health, tls);
        Clock clock = Clock.systemUTC();
        Authenticator authenticator = new Authenticator(token, tokens, clock, System::nanoTime);
        AuditLog audit = new AuditLog(new AuditFile(config.auditFile()), clock);
        Router router = routes(services, tokens, metrics, health, clock, workers(system));
        HttpAdapter adapter = new HttpAdapter(system, router, authenticator, metrics, audit, health);
        return server(system, config, tls).bind(adapter::handle).handle((binding, failure) -> {
            if (failure != null) {
                throw new CompletionException(new AdminStartException(bindFailure(config, failure), failure));
            }
            binding.addToCoordinatedShutdown(DRAIN, system);
            return new AdminServer(binding, tls.engines() != null);
        });
    }

    private static ServerBuilder server(ActorSystem<?> system, AdminConfig config, AdminTls tls) {
        ServerBuilder plain = Http.get(system).newServerAt(config.host(), config.port());
        Supplier<SSLEngine> engines = tls.engines();
        return engines == null ? plain : plain.enableHttps(ConnectionContext.httpsServer(engines::get));
    }

    /** For what takes a while. */
    private static Executor workers(ActorSystem<?> system) {
        return system.dispatchers().lookup(DispatcherSelector.blocking());
    }

    private static Router routes(
            AdminServices services,
            ApiTokens tokens,
            Metrics metrics,
            DatabaseHealth health,
            Clock clock,
            Executor workers) {
        Router router = new Router();
        Edits edits = new Edits(services);
        DocumentRoutes documents = new DocumentRoutes(services, edits, workers);
        new NodeRoutes(services, metrics, health).addTo(router);
        new OperationRoutes(services).addTo(router);
        new TenantRoutes(services, tokens).addTo(router);
        new QuotaRoutes(services, edits).addTo(router);
        new TokenRoutes(services, tokens, clock).addTo(router);
        documents.addTo(router);
        new RevisionRoutes(services, edits).addTo(router);
        new StagedRoutes(services, edits).addTo(router);
        new EvaluateRoutes(services).addTo(router);
        new TraceRoutes(services).addTo(router);
        new PreviewRoutes(services, edits, workers, clock).addTo(router);
        new HitRoutes(services, workers).addTo(router);
        new AnalysisRoutes(services, clock, workers).addTo(router);
        new VmRoutes(services, edits, documents, workers).addTo(router);
        new MigrationRoutes(services).addTo(router);
        new MoveRoutes(services, metrics, System::nanoTime).addTo(router);
        return router;
    }

    private static String bindFailure(AdminConfig config, Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return "the admin endpoint cannot listen on " + config.host() + ":" + config.port() + ": " + cause.getMessage()
                + " (is another node running there? set portcullis.admin.port)";
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return binding.localAddress();
    }

    /** The beginning of all its URLs, with the address that it listens on. */
    public URI uri() {
        String host = address().getAddress().getHostAddress();
        return URI.create((secured ? "https://" : "http://") + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":"
                + address().getPort());
    }

    /** Takes no more connections and ends those there are. */
    public CompletionStage<Void> stop() {
        return binding.terminate(DRAIN).thenApply(done -> null);
    }
}
