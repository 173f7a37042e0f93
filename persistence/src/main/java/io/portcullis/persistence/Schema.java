package io.portcullis.persistence;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The tables of the journal and our own, by the scripts in {@code schema/} beside this class, which Flyway runs in the order of their versions. A
 * script that has been in a release is never changed. Each can be run again after it was broken off: H2 does not undo a half one.
 */
public final class Schema {
    /** Version of the tables that this build reads and writes: that of the newest script. */
    public static final int VERSION = 5;

    /** Flyway's table: which scripts were run. */
    static final String HISTORY = "flyway_schema_history";

    private static final String SCRIPTS = "classpath:io/portcullis/persistence/schema/";

    /** Nodes that start together make the tables together; on H2, which has no lock for that, whoever comes second tries again. */
    private static final int ATTEMPTS = 10;

    private static final long PAUSE_NANOS = 100_000_000;

    private Schema() {}

    /**
     * Makes what is missing, keeps what is there. Any number of nodes may do so at once. Blocks.
     *
     * @throws SQLException when the database fails
     * @throws IllegalStateException when its tables are of a newer version than this build knows
     */
    public static void createIfMissing(Database database) throws SQLException {
        createIfMissing(database.settings());
    }

    static void createIfMissing(DatabaseSettings settings) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                create(settings);
                return;
            } catch (SQLException failed) {
                if (attempt == ATTEMPTS) {
                    throw failed;
                }
                LockSupport.parkNanos(PAUSE_NANOS * attempt);
            }
        }
    }

    /** One attempt. */
    static void create(DatabaseSettings settings) throws SQLException {
        int version;
        try (Connection connection = DriverManager.getConnection(settings.url(), settings.forDriver())) {
            version = version(connection);
        }
        if (version > VERSION) {
            throw new IllegalStateException("the database has tables of version " + version
                    + ", this build knows up to " + VERSION + "; start a newer build");
        }
        if (version < VERSION) {
            migrate(settings);
        }
    }

    private static void migrate(DatabaseSettings settings) throws SQLException {
        Map<String, String> properties = new HashMap<>(settings.properties());
        // A new column of a long table may take its time.
        properties.remove("socketTimeout");
        try {
            Flyway.configure(Schema.class.getClassLoader())
                    .dataSource(settings.url(), settings.user(), settings.password())
                    .jdbcProperties(properties)
                    .locations(
                            SCRIPTS + "common", SCRIPTS + settings.kind().name().toLowerCase(Locale.ROOT))
                    .table(HISTORY)
                    // Builds before Flyway left tables without its history: the first scripts keep what they find.
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    .load()
                    .migrate();
        } catch (FlywayException failed) {
            for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
                if (cause instanceof SQLException inDatabase) {
                    throw inDatabase;
                }
            }
            throw new SQLException(failed.getMessage(), failed);
        }
    }

    /** Of the tables that are there; 0 without any. */
    static int version(Connection connection) throws SQLException {
        try (ResultSet tables =
                connection.getMetaData().getTables(connection.getCatalog(), connection.getSchema(), HISTORY, null)) {
            if (!tables.next()) {
                return 0;
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT \"version\" FROM \"" + HISTORY + "\" WHERE \"success\" AND \"version\" IS NOT NULL")) {
            int newest = 0;
            while (rows.next()) {
                newest = Math.max(newest, Integer.parseInt(rows.getString(1)));
            }
            return newest;
        }
    }
}
