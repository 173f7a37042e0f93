package io.portcullis.cluster;

import io.portcullis.admin.AdminTls;
import io.portcullis.datapath.runtime.TunnelSecurity;
import io.portcullis.pki.NodeCertificate;
import io.portcullis.pki.NodeTls;
import io.portcullis.pki.PkiException;
import io.portcullis.pki.TlsFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificate of this node, looked at before anything of the node starts, and what the parts of the node make of it. */
final class NodeSecurity {
    private static final Logger LOG = LoggerFactory.getLogger(NodeSecurity.class);
    private static final Duration EXPIRES_SOON = Duration.ofDays(30);

    private NodeSecurity() {}

    /**
     * Reads the certificate; empty for a node without one.
     *
     * @throws NodeStartException if the files are not usable, or the certificate is of another host or has not its addresses
     */
    static Optional<NodeTls> load(NodeConfig config) throws NodeStartException {
        TlsFiles files = config.tls().files();
        if (files == null) {
            if (config.tls().plaintextAllowed()) {
                LOG.warn(
                        "NO ENCRYPTION between nodes (portcullis.tls): whoever reaches {} or {} can become part of the"
                                + " cluster, read its policies and take over its hosts",
                        config.cluster(),
                        config.tunnel());
            }
            return Optional.empty();
        }
        try {
            NodeTls tls = NodeTls.load(files, new TlsLog());
            checkNames(tls.certificate(), config);
            say(tls.certificate());
            return Optional.of(tls);
        } catch (PkiException unusable) {
            throw new NodeStartException("portcullis.tls: " + unusable.getMessage() + "; " + unusable.hint(), unusable);
        }
    }

    private static void checkNames(NodeCertificate certificate, NodeConfig config) throws PkiException {
        if (!certificate.node().equals(config.host().value())) {
            throw new PkiException(
                    "the certificate is of node " + certificate.node() + ", portcullis.host is " + config.host(),
                    "give each host its own");
        }
        checkAddress(certificate, config, config.cluster().address(), "portcullis.cluster.address");
        checkAddress(certificate, config, ip(config.tunnel().address()), "portcullis.data-path.tunnel.address");
    }

    /** Others would call this address and find a certificate without it. */
    private static void checkAddress(NodeCertificate certificate, NodeConfig config, String address, String path)
            throws PkiException {
        boolean there = certificate.addresses().stream()
                .anyMatch(known -> known.equalsIgnoreCase(address)
                        || (known.indexOf(':') >= 0
                                && address.indexOf(':') >= 0
                                && ip(known).equals(ip(address))));
        if (!there) {
            throw new PkiException(
                    "the certificate has not the address " + address + " (" + path + "), only "
                            + String.join(", ", certificate.addresses()),
                    "portcullis ca issue --dir DIR --node " + config.host() + " --renew --address " + address);
        }
    }

    /** The text of the IP address that a name has now; what cannot be told stays as it is. */
    private static String ip(String address) {
        try {
            return InetAddress.getByName(address).getHostAddress();
        } catch (UnknownHostException unknown) {
            return address;
        }
    }

    private static void say(NodeCertificate certificate) {
        Instant now = Instant.now();
        if (certificate.notAfter().isBefore(now)) {
            LOG.error(
                    "the certificate of this node has EXPIRED at {}: no other node will speak with it; portcullis ca"
                            + " issue --renew makes a new one, which is taken without a restart",
                    certificate.notAfter());
        } else if (certificate.notAfter().isBefore(now.plus(EXPIRES_SOON))) {
            LOG.warn("the certificate of this node expires at {}", certificate.notAfter());
        } else {
            LOG.info("certificate of {}, good until {}", certificate.node(), certificate.notAfter());
        }
    }

    /** For the data path. */
    static TunnelSecurity ofTunnels(Optional<NodeTls> tls) {
        return tls.<TunnelSecurity>map(OverTls::new).orElse(TunnelSecurity.NONE);
    }

    /** For the HTTP API, which asks for no certificates: its callers have tokens. */
    static AdminTls ofApi(NodeConfig config, Optional<NodeTls> tls) {
        return tls.map(present -> new AdminTls(
                        config.tls().api() ? () -> apiEngine(present) : null,
                        () -> present.certificate().notAfter(),
                        present::refusedPeers))
                .orElse(AdminTls.NONE);
    }

    private static SSLEngine apiEngine(NodeTls tls) {
        SSLEngine engine = tls.context().createSSLEngine();
        engine.setUseClientMode(false);
        return engine;
    }

    private record OverTls(NodeTls tls) implements TunnelSecurity {
        @Override
        public Socket overConnected(Socket socket, InetSocketAddress peer) throws IOException {
            return tls.overConnected(socket, peer.getAddress().getHostAddress());
        }

        @Override
        public Socket overAccepted(Socket socket) throws IOException {
            return tls.overAccepted(socket);
        }
    }
}
