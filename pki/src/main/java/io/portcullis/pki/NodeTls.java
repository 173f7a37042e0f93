package io.portcullis.pki;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * A node's end of every connection to other nodes: TLS 1.3, both sides show a certificate, and only nodes of the same cluster are let in. Who
 * calls also checks that the certificate has the address that was called.
 *
 * <p>The files may be replaced while the node runs: each new connection looks whether they changed. New ones that do not fit together are
 * not taken, and the listener is told; so their order does not matter. Connections there are stay. Thread-safe.
 */
public final class NodeTls {
    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final String[] CIPHERS = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    private final TlsFiles files;
    private final Listener listener;
    private final AtomicLong refusedPeers;
    private volatile NodeIdentity identity;
    private List<Object> seen;

    /** Is told what happens, by the thread of the connection with which it does. */
    public interface Listener {
        /** Replaced files were taken. */
        void renewed(NodeCertificate certificate);

        /** They were not: the former certificate stays in use. */
        void refused(PkiException failure);

        /** A peer, that called or was called, is not let in; there may be many, as it costs them nothing to try. */
        void peerRefused(String reason);
    }

    private NodeTls(TlsFiles files, Listener listener) throws PkiException {
        this.files = files;
        this.listener = listener;
        this.refusedPeers = new AtomicLong();
        this.seen = stamps(files);
        this.identity = load();
    }

    private NodeIdentity load() throws PkiException {
        return NodeIdentity.load(files, reason -> {
            refusedPeers.incrementAndGet();
            listener.peerRefused(reason);
        });
    }

    /**
     * Reads the files.
     *
     * @throws PkiException if they cannot be read, do not belong together, or are no node's. A certificate that has expired is taken, as the
     *     node enforces without the cluster, too, and may get a new one while it runs; others refuse it.
     */
    public static NodeTls load(TlsFiles files, Listener listener) throws PkiException {
        return new NodeTls(files, listener);
    }

    /** The certificate in use. */
    public NodeCertificate certificate() {
        return current().certificate();
    }

    /** How many peers, that called or were called, were not let in because of their certificates. */
    public long refusedPeers() {
        return refusedPeers.get();
    }

    /** For a server that does not ask who calls. */
    public SSLContext context() {
        return current().context();
    }

    /** For a connection that this node opens. */
    public SSLEngine clientEngine(String host, int port) {
        SSLEngine engine = current().context().createSSLEngine(host, port);
        engine.setUseClientMode(true);
        engine.setSSLParameters(clientParameters());
        return engine;
    }

    /** For a connection that this node accepts. */
    public SSLEngine serverEngine() {
        SSLEngine engine = current().context().createSSLEngine();
        engine.setUseClientMode(false);
        engine.setSSLParameters(serverParameters());
        return engine;
    }

    /** Over a socket that is connected; the handshake comes with the first use. Closing it closes the socket. */
    public Socket overConnected(Socket socket, String host) throws IOException {
        SSLSocket secured =
                (SSLSocket) current().context().getSocketFactory().createSocket(socket, host, socket.getPort(), true);
        secured.setUseClientMode(true);
        secured.setSSLParameters(clientParameters());
        return secured;
    }

    /** Over a socket that was accepted, likewise. */
    public Socket overAccepted(Socket socket) throws IOException {
        SSLSocket secured = (SSLSocket) current().context().getSocketFactory().createSocket(socket, null, true);
        secured.setUseClientMode(false);
        secured.setSSLParameters(serverParameters());
        return secured;
    }

    private static SSLParameters clientParameters() {
        SSLParameters parameters = new SSLParameters(CIPHERS, PROTOCOLS);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        return parameters;
    }

    private static SSLParameters serverParameters() {
        SSLParameters parameters = new SSLParameters(CIPHERS, PROTOCOLS);
        parameters.setNeedClientAuth(true);
        return parameters;
    }

    private NodeIdentity current() {
        List<Object> now = stamps(files);
        synchronized (this) {
            if (!now.equals(seen)) {
                seen = now;
                renew();
            }
        }
        return identity;
    }

    private void renew() {
        try {
            NodeIdentity fresh = load();
            if (!fresh.certificate().node().equals(identity.certificate().node())) {
                throw new PkiException(
                        files.certificate() + " is of node "
                                + fresh.certificate().node() + ", this is "
                                + identity.certificate().node(),
                        "put the certificate of this node there");
            }
            boolean changed = !fresh.certificate().equals(identity.certificate());
            identity = fresh;
            if (changed) {
                listener.renewed(fresh.certificate());
            }
        } catch (PkiException unusable) {
            listener.refused(unusable);
        }
    }

    /** What tells a file from another one in its place; a file that is not there is a state, too. */
    private static List<Object> stamps(TlsFiles files) {
        List<Object> stamps = new ArrayList<>();
        for (Path file : List.of(files.authority(), files.certificate(), files.key())) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                stamps.add(List.of(
                        attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey())));
            } catch (IOException absent) {
                stamps.add("absent");
            }
        }
        return stamps;
    }
}
