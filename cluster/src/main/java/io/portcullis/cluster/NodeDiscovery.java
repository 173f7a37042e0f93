package io.portcullis.cluster;

import io.portcullis.pki.NodeTls;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.HttpsConnectionContext;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.management.cluster.bootstrap.ClusterBootstrap;
import org.apache.pekko.management.javadsl.PekkoManagement;

/**
 * Lets a node be found, and looks for others, by Pekko Management Cluster Bootstrap. With certificates nodes ask each other over TLS only, and answer nodes
 * only.
 */
final class NodeDiscovery {
    private NodeDiscovery() {}

    /** Does nothing where seeds are named. Fails if the contact point cannot be bound. */
    static CompletionStage<Done> start(
            ClassicActorSystemProvider system, DiscoverySettings settings, Optional<NodeTls> tls) {
        if (!settings.enabled()) {
            return CompletableFuture.completedFuture(Done.done());
        }
        PekkoManagement management = PekkoManagement.get(system);
        return tls.map(present -> startSecured(system, management, present))
                .orElseGet(management::start)
                .thenApply(_ -> {
                    ClusterBootstrap.get(system).start();
                    return Done.done();
                });
    }

    private static CompletionStage<Uri> startSecured(
            ClassicActorSystemProvider system, PekkoManagement management, NodeTls tls) {
        // Contact points are the only requests of this actor system that have no context of their own.
        Http.get(system).setDefaultClientHttpsContext(ConnectionContext.httpsClient(tls::clientEngine));
        HttpsConnectionContext server = ConnectionContext.httpsServer(tls::serverEngine);
        return management.start(settings -> settings.withHttpsConnectionContext(server));
    }
}
