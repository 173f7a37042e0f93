package io.portcullis.pki;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files in PEM (RFC 7468): certificates, and private keys in PKCS #8 without a password. */
final class Pem {
    /** Larger ones hold something else. */
    private static final long MAX_FILE_BYTES = 1 << 20;

    private static final int LINE_LENGTH = 64;
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> ALL_MAY_READ = PosixFilePermissions.fromString("rw-r--r--");

    private Pem() {}

    /** All certificates of a file, at least one, in its order. */
    static List<X509Certificate> readCertificates(Path file) throws PkiException {
        byte[] text = read(file).getBytes(StandardCharsets.US_ASCII);
        try {
            List<X509Certificate> certificates =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(text))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (certificates.isEmpty()) {
                throw new PkiException(file + " has no certificate", "it must be a PEM file: BEGIN CERTIFICATE");
            }
            return certificates;
        } catch (CertificateException malformed) {
            throw new PkiException(
                    file + " is no certificate (" + malformed.getMessage() + ")",
                    "it must be a PEM file: BEGIN CERTIFICATE",
                    malformed);
        }
    }

    /**
     * The private key of a file that only its owner, and at most its group, may read.
     *
     * @param algorithm of the public key that belongs to it
     */
    static PrivateKey readPrivateKey(Path file, String algorithm) throws PkiException {
        String text = read(file);
        checkNotForOthers(file);
        Matcher key = PRIVATE_KEY.matcher(text);
        if (!key.find()) {
            throw new PkiException(
                    file + " has no private key in PKCS #8 without a password",
                    "convert it: openssl pkcs8 -topk8 -nocrypt -in " + file);
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(key.group(1));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (GeneralSecurityException | IllegalArgumentException malformed) {
            throw new PkiException(
                    file + " has no " + algorithm + " key (" + malformed.getMessage() + ")",
                    "give the key that belongs to the certificate",
                    malformed);
        }
    }

    private static void checkNotForOthers(Path file) throws PkiException {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.contains(PosixFilePermission.OTHERS_READ)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE)
                    || permissions.contains(PosixFilePermission.GROUP_WRITE)) {
                throw new PkiException(
                        "others may use the private key " + file + " (" + PosixFilePermissions.toString(permissions)
                                + ")",
                        "run: chmod 600 " + file);
            }
        } catch (IOException unreadable) {
            throw cannotRead(file, unreadable);
        }
    }

    private static String read(Path file) throws PkiException {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new PkiException(
                        file + " is larger than " + MAX_FILE_BYTES + " bytes", "name the PEM file itself");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException unreadable) {
            throw cannotRead(file, unreadable);
        }
    }

    static PkiException cannotRead(Path file, IOException failure) {
        String reason = switch (failure) {
            case NoSuchFileException _ -> "there is no such file";
            case AccessDeniedException _ -> "this user may not read it";
            default -> String.valueOf(failure.getMessage());
        };
        return new PkiException(file + " cannot be read: " + reason, "check path and owner", failure);
    }

    static String certificate(X509Certificate certificate) {
        try {
            return encode("CERTIFICATE", certificate.getEncoded());
        } catch (CertificateException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String privateKey(PrivateKey key) {
        return encode("PRIVATE KEY", key.getEncoded());
    }

    private static String encode(String label, byte[] bytes) {
        String body = Base64.getMimeEncoder(LINE_LENGTH, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }

    /** Written beside and moved into place: nobody ever reads half a file, or a secret one with rights for others. */
    static void write(Path file, String text, boolean secret) throws PkiException {
        Path folder = file.toAbsolutePath().getParent();
        try {
            Path fresh = Files.createTempFile(folder, ".new-", "", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            Files.writeString(fresh, text);
            if (!secret) {
                Files.setPosixFilePermissions(fresh, ALL_MAY_READ);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw new PkiException(
                    file + " cannot be written: " + failed.getMessage(), "give a folder that you may write", failed);
        }
    }
}
