package io.portcullis.pki;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trusts nodes of the cluster only: who has another certificate of the same authority is none. */
final class NodeTrustManager extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager authority;
    private final Consumer<String> onRefused;

    NodeTrustManager(X509ExtendedTrustManager authority, Consumer<String> onRefused) {
        this.authority = authority;
        this.onRefused = onRefused;
    }

    @FunctionalInterface
    private interface Check {
        void run() throws CertificateException;
    }

    /** What the authority's certificate says of the chain comes first. */
    private void check(X509Certificate[] chain, Check byAuthority) throws CertificateException {
        try {
            byAuthority.run();
            if (NodeCertificate.of(chain[0]).isEmpty()) {
                throw new CertificateException(
                        "it is no node's certificate: it has no name " + NodeCertificate.URI_PREFIX + "NAME");
            }
        } catch (CertificateException refused) {
            onRefused.accept(chain[0].getSubjectX500Principal() + ": " + refused.getMessage());
            throw refused;
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, () -> authority.checkClientTrusted(chain, authType, socket));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, () -> authority.checkServerTrusted(chain, authType, socket));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, () -> authority.checkClientTrusted(chain, authType, engine));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, () -> authority.checkServerTrusted(chain, authType, engine));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain, () -> authority.checkClientTrusted(chain, authType));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain, () -> authority.checkServerTrusted(chain, authType));
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authority.getAcceptedIssuers();
    }
}
