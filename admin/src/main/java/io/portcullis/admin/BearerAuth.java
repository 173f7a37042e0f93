package io.portcullis.admin;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** Checks bearer tokens (RFC 6750) in a time that does not depend on how much of a wrong one is right. Thread-safe. */
final class BearerAuth {
    private static final String SCHEME = "bearer ";

    private final byte[] expected;

    BearerAuth(String token) {
        expected = digest(token);
    }

    /** Answers who asks. */
    String authenticate(@Nullable String authorization) {
        if (authorization == null
                || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                || !MessageDigest.isEqual(
                        expected,
                        digest(authorization.substring(SCHEME.length()).strip()))) {
            throw new RefusedException(
                    ProblemKind.UNAUTHORIZED,
                    authorization == null ? "no token was sent" : "the token is not valid here",
                    "send 'Authorization: Bearer TOKEN' with the token of the node's token file");
        }
        return "operator";
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
