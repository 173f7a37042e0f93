package io.portcullis.cluster;

import com.typesafe.config.Config;
import io.portcullis.pki.NodeTls;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import org.apache.pekko.remote.artery.tcp.SSLEngineProviderSetup;
import scala.Option;

/**
 * Artery's connections by the node's certificate. Pekko's own provider of rotating keys takes RSA keys only, looks at its files every five
 * minutes, and does not compare the address that was called; and the tunnels need the same certificate.
 */
final class ArteryTls implements SSLEngineProvider {
    private final NodeTls tls;

    private ArteryTls(NodeTls tls) {
        this.tls = tls;
    }

    /** What an actor system is made with. */
    static ActorSystemSetup setup(Config config, Optional<NodeTls> tls) {
        ActorSystemSetup setup = ActorSystemSetup.create(BootstrapSetup.create(config));
        return tls.map(present -> setup.withSetup(SSLEngineProviderSetup.create(_ -> new ArteryTls(present))))
                .orElse(setup);
    }

    @Override
    public SSLEngine createServerSSLEngine(String hostname, int port) {
        return tls.serverEngine();
    }

    @Override
    public SSLEngine createClientSSLEngine(String hostname, int port) {
        return tls.clientEngine(hostname, port);
    }

    /** Nothing is left to look at: the handshake fails for whom is no node of this cluster. */
    @Override
    public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
        return Option.empty();
    }

    @Override
    public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
        return Option.empty();
    }
}
