package io.portcullis.persistence;

import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.h2.api.ErrorCode;
import org.jspecify.annotations.Nullable;

/** What an operator can do about a failure of the database that no second try changes. */
final class DatabaseHints {
    /** By codes of H2 ({@link ErrorCode}). */
    private static final Map<Integer, String> OF_H2 = Map.of(
            ErrorCode.FILE_CORRUPTED_1,
            "the file is damaged: put back a copy of it, or move it away to begin with an empty database",
            ErrorCode.FILE_VERSION_ERROR_1,
            "another release of the database wrote it: start that release of Portcullis, or move the file away",
            ErrorCode.WRONG_USER_OR_PASSWORD,
            "set portcullis.database.user and password",
            ErrorCode.DATABASE_IS_READ_ONLY,
            "give this user the right to write it",
            ErrorCode.URL_FORMAT_ERROR_2,
            "set portcullis.database.url",
            ErrorCode.UNSUPPORTED_SETTING_1,
            "set portcullis.database.url");

    /** By SQL states of PostgreSQL (its manual, appendix A). */
    private static final Map<String, String> OF_POSTGRESQL = Map.of(
            "28P01",
            "set portcullis.database.user and password or password-file",
            "28000",
            "the server's pg_hba.conf does not let this user in from here, or not without TLS"
                    + " (portcullis.database.tls)",
            "08004",
            "the server takes no such connection: portcullis.database.tls says whether it is encrypted",
            "3D000",
            "make the database: createdb --owner=USER NAME, or correct portcullis.database.url",
            "42501",
            "make this user the owner of the database, or grant it CREATE on the schema",
            "25006",
            "this server only reads: name the primary in portcullis.database.url, or add ?targetServerType=primary");

    private static final String TLS = "set portcullis.database.tls, or the server's certificate: it must be of"
            + " root-certificate's authority and name the host of the url";

    /** How PostgreSQL's driver says, with no other sign, that the certificate is another server's. */
    private static final String OTHER_NAME = "could not be verified by hostnameverifier";

    private DatabaseHints() {}

    /** Null if a second try may help, or nobody knows what would. */
    static @Nullable String of(SQLException failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof SSLException) {
                return TLS;
            }
        }
        if (String.valueOf(failed.getMessage()).contains(OTHER_NAME)) {
            return TLS;
        }
        String hint = OF_H2.get(failed.getErrorCode());
        return hint != null || failed.getSQLState() == null ? hint : OF_POSTGRESQL.get(failed.getSQLState());
    }

    /** The first sentence of the failure, and of its cause where that says more. */
    static String what(SQLException failed) {
        String what = firstOf(failed);
        Throwable cause = failed.getCause();
        return cause == null || cause.getMessage() == null || what.contains(firstOf(cause))
                ? what
                : what + " " + firstOf(cause);
    }

    private static String firstOf(Throwable failure) {
        return String.valueOf(failure.getMessage()).replaceFirst("(?s)[;\\n].*| \\[\\d+-\\d+\\]", "");
    }
}
