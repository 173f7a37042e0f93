package io.portcullis.pki;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Of a client that shows no certificate and trusts an authority of its own instead of those that the JDK brings. */
public final class ClientTrust {
    private ClientTrust() {}

    /** A context that trusts servers with a certificate of an authority in the file (PEM), and nobody else. */
    public static SSLContext inAuthoritiesOf(Path file) throws PkiException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers(Pem.readCertificates(file)), null);
            return context;
        } catch (GeneralSecurityException | IOException unusable) {
            throw new PkiException(
                    file + " cannot be used: " + unusable.getMessage(), "give the ca.crt of the cluster", unusable);
        }
    }

    static TrustManager[] managers(List<X509Certificate> authorities) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        for (int index = 0; index < authorities.size(); index++) {
            trusted.setCertificateEntry("authority-" + index, authorities.get(index));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusted);
        return factory.getTrustManagers();
    }
}
