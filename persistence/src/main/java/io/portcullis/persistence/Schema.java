package io.portcullis.persistence;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** The tables of the journal and our own. */
public final class Schema {
    /** Version of the tables that this build reads and writes. */
    public static final int VERSION = 1;

    /** Nodes that start together make the tables together; whoever comes second tries again. */
    private static final int ATTEMPTS = 10;

    private static final long PAUSE_NANOS = 100_000_000;

    private Schema() {}

    /**
     * Makes what is missing and changes nothing that is there. Blocks. Throws {@link SQLException} when the database fails, and
     * {@link IllegalStateException} when its tables are of a newer version.
     */
    public static void createIfMissing(Database database) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                database.run(connection -> {
                    create(connection);
                    return connection;
                });
                return;
            } catch (SQLException failed) {
                if (attempt == ATTEMPTS) {
                    throw failed;
                }
                LockSupport.parkNanos(PAUSE_NANOS * attempt);
            }
        }
    }

    static void create(Connection connection) throws SQLException {
        String product = connection.getMetaData().getDatabaseProductName().toLowerCase(Locale.ROOT);
        execute(connection, product.startsWith("postgres") ? "schema-postgres.sql" : "schema-h2.sql");
        execute(connection, "schema.sql");
        int version = version(connection);
        if (version > VERSION) {
            throw new IllegalStateException("the database has tables of version " + version
                    + ", this build knows up to " + VERSION + "; start a newer build");
        }
        if (version == 0) {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("INSERT INTO portcullis_schema (version) VALUES (" + VERSION + ")");
            }
        }
    }

    private static int version(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT MAX(version) FROM portcullis_schema")) {
            return rows.next() ? rows.getInt(1) : 0;
        }
    }

    private static void execute(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : read(script).replaceAll("(?m)^--.*$", "").split(";", -1)) {
                if (!sql.isBlank()) {
                    statement.execute(sql);
                }
            }
        }
    }

    private static String read(String script) {
        try (InputStream in = Schema.class.getResourceAsStream(script)) {
            if (in == null) {
                throw new IllegalStateException("no " + script + " in this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
