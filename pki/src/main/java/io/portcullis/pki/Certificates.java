package io.portcullis.pki;

import io.portcullis.pki.CertificateAuthority.Request;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.IPAddress;

/** Makes certificates (RFC 5280). The JDK has no public API for it. */
final class Certificates {
    private static final String CURVE = "secp256r1";
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final int SERIAL_BITS = 127;
    /** By how much the clock of a node may be behind that of the authority. */
    private static final Duration CLOCK_TOLERANCE = Duration.ofHours(1);

    private static final int MAX_ADDRESSES = 64;
    private static final Pattern DNS_NAME = Pattern.compile("(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
            + "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");
    /** Looks like an IPv4 address, though it may be none. */
    private static final Pattern NUMBERS = Pattern.compile("[0-9.]+");

    private static final SecureRandom RANDOM = new SecureRandom();

    private Certificates() {}

    static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Signs itself, and may sign nodes but no other authority. */
    static X509Certificate authority(String cluster, KeyPair keys, Instant now, Duration validity) {
        X500Principal subject = new X500Principal("CN=Portcullis cluster " + cluster);
        try {
            JcaX509v3CertificateBuilder builder = builder(subject, subject, keys.getPublic(), now, validity);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            return sign(builder, keys.getPrivate());
        } catch (CertIOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Of a node: it both answers and calls others. */
    static X509Certificate node(
            Request request, PublicKey key, X509Certificate authority, PrivateKey authorityKey, Instant now) {
        List<GeneralName> names = new ArrayList<>();
        names.add(new GeneralName(GeneralName.uniformResourceIdentifier, NodeCertificate.URI_PREFIX + request.node()));
        names.addAll(addresses(request));
        return endEntity(request, names, key, authority, authorityKey, now);
    }

    static List<GeneralName> addresses(Request request) {
        List<GeneralName> names = new ArrayList<>();
        names.add(new GeneralName(GeneralName.dNSName, request.node()));
        for (String address : request.addresses()) {
            if (!address.equals(request.node())) {
                boolean ip = IPAddress.isValid(address);
                names.add(new GeneralName(ip ? GeneralName.iPAddress : GeneralName.dNSName, address));
            }
        }
        return names;
    }

    static X509Certificate endEntity(
            Request request,
            List<GeneralName> names,
            PublicKey key,
            X509Certificate authority,
            PrivateKey authorityKey,
            Instant now) {
        X500Principal subject = new X500Principal("CN=" + request.node());
        try {
            JcaX509v3CertificateBuilder builder =
                    builder(subject, authority.getSubjectX500Principal(), key, now, request.validity());
            JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
            }));
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, identifiers.createAuthorityKeyIdentifier(authority));
            builder.addExtension(
                    Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            return sign(builder, authorityKey);
        } catch (CertIOException | GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Principal subject, X500Principal issuer, PublicKey key, Instant now, Duration validity)
            throws CertIOException {
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1),
                Date.from(now.minus(CLOCK_TOLERANCE)),
                Date.from(now.plus(validity)),
                subject,
                key);
        try {
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
            return builder;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key) {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)));
        } catch (OperatorCreationException | GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Each must be an IP address or a DNS name without a wildcard. */
    static void checkAddresses(List<String> addresses) throws PkiException {
        if (addresses.size() > MAX_ADDRESSES) {
            throw new PkiException(
                    addresses.size() + " addresses are more than the " + MAX_ADDRESSES + " that a node may have",
                    "give those only that other nodes use");
        }
        for (String address : addresses) {
            boolean name = DNS_NAME.matcher(address).matches()
                    && !NUMBERS.matcher(address).matches();
            if (!name && !IPAddress.isValid(address)) {
                throw new PkiException(
                        "'" + address + "' is neither an IP address nor a DNS name",
                        "write them like --address 10.0.0.1,host-1.example.com");
            }
        }
    }
}
