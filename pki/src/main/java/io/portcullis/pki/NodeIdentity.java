package io.portcullis.pki;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Certificate, key and authority of a node, read and found to belong together. */
record NodeIdentity(NodeCertificate certificate, SSLContext context) {
    /** A session may be resumed so long without a look at the peer's certificate. */
    private static final int SESSION_SECONDS = 60;

    private static final String ALIAS = "node";
    private static final char[] NO_PASSWORD = {};

    static NodeIdentity load(TlsFiles files, Consumer<String> onRefused) throws PkiException {
        List<X509Certificate> authorities = Pem.readCertificates(files.authority());
        List<X509Certificate> chain = Pem.readCertificates(files.certificate());
        X509Certificate own = chain.getFirst();
        PrivateKey key = Pem.readPrivateKey(files.key(), own.getPublicKey().getAlgorithm());
        NodeCertificate node = NodeCertificate.of(own)
                .orElseThrow(() -> new PkiException(
                        files.certificate() + " is no node's certificate: it has no name " + NodeCertificate.URI_PREFIX
                                + "NAME",
                        "make one: portcullis ca issue --dir DIR --node NAME --address ADDRESS"));
        try {
            checkKey(files, own.getPublicKey(), key);
            checkIssuer(files, chain, authorities);
            return new NodeIdentity(node, context(chain, key, nodesOnly(authorities, onRefused)));
        } catch (GeneralSecurityException | IOException unusable) {
            throw new PkiException(
                    files.certificate() + " cannot be used: " + unusable.getMessage(),
                    "make one: portcullis ca issue",
                    unusable);
        }
    }

    private static void checkKey(TlsFiles files, PublicKey publicKey, PrivateKey key)
            throws GeneralSecurityException, PkiException {
        String algorithm = switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> key.getAlgorithm();
        };
        byte[] probe = new byte[32];
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(probe);
        if (!signature.verify(signed)) {
            throw new PkiException(
                    files.key() + " is not the key of " + files.certificate(), "take both from the same folder");
        }
    }

    /** At the time of its beginning: whether it has expired is for those to judge to whom it is shown. */
    private static void checkIssuer(TlsFiles files, List<X509Certificate> chain, List<X509Certificate> authorities)
            throws GeneralSecurityException, PkiException {
        Set<TrustAnchor> anchors = authorities.stream()
                .map(authority -> new TrustAnchor(authority, null))
                .collect(Collectors.toSet());
        PKIXParameters parameters = new PKIXParameters(anchors);
        parameters.setRevocationEnabled(false);
        parameters.setDate(chain.getFirst().getNotBefore());
        try {
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
        } catch (CertPathValidatorException foreign) {
            throw new PkiException(
                    files.certificate() + " was not issued by " + files.authority() + " (" + foreign.getMessage() + ")",
                    "take all files from the same folder",
                    foreign);
        }
    }

    static SSLContext context(List<X509Certificate> chain, PrivateKey key, TrustManager trusted)
            throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry(ALIAS, key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(own, NO_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), new TrustManager[] {trusted}, new SecureRandom());
        context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
        context.getClientSessionContext().setSessionTimeout(SESSION_SECONDS);
        return context;
    }

    static TrustManager nodesOnly(List<X509Certificate> authorities, Consumer<String> onRefused)
            throws GeneralSecurityException, IOException {
        for (TrustManager manager : ClientTrust.managers(authorities)) {
            if (manager instanceof X509ExtendedTrustManager extended) {
                return new NodeTrustManager(extended, onRefused);
            }
        }
        throw new GeneralSecurityException("this JDK has no " + TrustManagerFactory.getDefaultAlgorithm() + " manager");
    }
}
