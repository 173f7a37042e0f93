package io.portcullis.persistence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A private key as PEM (RFC 7468), PKCS #8, not encrypted. The driver of PostgreSQL must be told what kind it is. */
final class PrivateKeyFile {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN PRIVATE KEY-----\\s+(.+?)-----END PRIVATE KEY-----", Pattern.DOTALL);
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519");

    private PrivateKeyFile() {}

    /** Of the key in the file, as the JDK calls it. Throws {@link IllegalArgumentException} if there is none that can be read. */
    static String algorithm(Path file) {
        try {
            Matcher pem = PEM.matcher(Files.readString(file));
            if (pem.find()) {
                byte[] key = Base64.getMimeDecoder().decode(pem.group(1));
                for (String algorithm : ALGORITHMS) {
                    if (isOf(algorithm, key)) {
                        return algorithm;
                    }
                }
            }
        } catch (IOException | IllegalArgumentException unreadable) {
            throw new IllegalArgumentException(file + " cannot be read: " + unreadable.getMessage(), unreadable);
        }
        throw new IllegalArgumentException(file + " is no private key in PEM and PKCS #8 of one of "
                + String.join(", ", ALGORITHMS) + "; openssl pkcs8 -topk8 -nocrypt makes one of another form");
    }

    private static boolean isOf(String algorithm, byte[] key) {
        try {
            KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(key));
            return true;
        } catch (InvalidKeySpecException other) {
            return false;
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
