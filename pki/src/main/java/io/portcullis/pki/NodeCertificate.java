package io.portcullis.pki;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a certificate says of a node.
 *
 * @param node its name in the cluster
 * @param addresses IP addresses and DNS names under which it may be reached
 * @param notBefore first and {@code notAfter} last moment at which it is good
 * @param fingerprint SHA-256 of the certificate, in hexadecimal
 */
public record NodeCertificate(
        String node, List<String> addresses, Instant notBefore, Instant notAfter, String serial, String fingerprint) {
    /** Before the name of a node; a certificate without such a name is no node's. */
    static final String URI_PREFIX = "urn:portcullis:node:";

    // Tags of GeneralName, RFC 5280 section 4.2.1.6.
    private static final int DNS_NAME = 2;
    private static final int URI = 6;
    private static final int IP_ADDRESS = 7;

    public NodeCertificate {
        addresses = List.copyOf(addresses);
    }

    /** Empty if the certificate is none of a node, or names several. Says nothing about who issued it. */
    public static Optional<NodeCertificate> of(X509Certificate certificate) {
        List<String> nodes = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        for (List<?> name : names(certificate)) {
            String value = String.valueOf(name.get(1));
            switch ((Integer) name.get(0)) {
                case URI -> {
                    if (value.startsWith(URI_PREFIX)) {
                        nodes.add(value.substring(URI_PREFIX.length()));
                    }
                }
                case DNS_NAME, IP_ADDRESS -> addresses.add(value);
                default -> {}
            }
        }
        if (nodes.size() != 1) {
            return Optional.empty();
        }
        return Optional.of(new NodeCertificate(
                nodes.getFirst(),
                addresses,
                certificate.getNotBefore().toInstant(),
                certificate.getNotAfter().toInstant(),
                certificate.getSerialNumber().toString(16),
                fingerprint(certificate)));
    }

    private static Collection<List<?>> names(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException malformed) {
            // Then it names nobody.
            return List.of();
        }
    }

    static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException | CertificateEncodingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
