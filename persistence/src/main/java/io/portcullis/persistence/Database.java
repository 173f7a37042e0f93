package io.portcullis.persistence;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.h2.api.ErrorCode;

/**
 * The database of {@code portcullis.database}, for what is no journal: the directory of placements, the log of migrations, what rules counted. Any
 * thread; statements run on the executor that was given, which must be one for blocking work.
 */
public final class Database implements AutoCloseable {
    private static final long CONNECTION_TIMEOUT_MILLIS = 3_000;
    private static final long VALIDATION_TIMEOUT_MILLIS = 500;

    private static final long CHECK_LIMIT_NANOS = 10_000_000_000L;
    private static final long CHECK_PAUSE_NANOS = 200_000_000;

    /** Codes of H2 ({@code org.h2.api.ErrorCode}) that no second try changes, and what may help. */
    private static final Map<Integer, String> HINTS = Map.of(
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

    private final HikariDataSource dataSource;
    private final Executor blocking;

    private Database(HikariDataSource dataSource, Executor blocking) {
        this.dataSource = dataSource;
        this.blocking = blocking;
    }

    /** A piece of work on one connection, in auto-commit mode. */
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /**
     * Opens the pool; does not yet connect. Open it before the actor system touches the journal: it is here that the embedded
     * database is told to serve other processes on loopback only.
     *
     * @param settings {@code portcullis.database}
     * @param blocking runs statements
     */
    public static Database open(Config settings, Executor blocking) {
        serveOnLoopbackOnly();
        HikariConfig config = new HikariConfig();
        config.setPoolName("portcullis-directory");
        config.setJdbcUrl(settings.getString("url"));
        config.setDriverClassName(settings.getString("driver"));
        config.setUsername(settings.getString("user"));
        config.setPassword(settings.getString("password"));
        config.setMaximumPoolSize(settings.getInt("directory-connections"));
        config.setMinimumIdle(1);
        config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
        config.setValidationTimeout(VALIDATION_TIMEOUT_MILLIS);
        config.setInitializationFailTimeout(-1);
        return new Database(new HikariDataSource(config), blocking);
    }

    /**
     * Connects once and makes the tables that are missing, so that what is wrong with the database is known before anything rests
     * on it. Tries again for some seconds, as another process may be taking the file over just now. Blocks.
     *
     * @param settings {@code portcullis.database}
     * @throws SQLException if it cannot be used; its message says why, where and what may help
     */
    public static void check(Config settings) throws SQLException {
        serveOnLoopbackOnly();
        String url = settings.getString("url");
        long deadline = System.nanoTime() + CHECK_LIMIT_NANOS;
        while (true) {
            try {
                Class.forName(settings.getString("driver"));
                try (Connection connection =
                        DriverManager.getConnection(url, settings.getString("user"), settings.getString("password"))) {
                    Schema.create(connection);
                    return;
                }
            } catch (ClassNotFoundException missing) {
                throw new SQLException(
                        "its driver " + settings.getString("driver") + " is not in this installation; set"
                                + " portcullis.database.driver or put its jar beside the others",
                        missing);
            } catch (SQLException failed) {
                String hint = HINTS.get(failed.getErrorCode());
                if (hint != null || System.nanoTime() - deadline > 0) {
                    String where = url.replaceFirst(";.*", "");
                    String what = String.valueOf(failed.getMessage()).replaceFirst("(?s)[;\\n].*| \\[\\d+-\\d+\\]", "");
                    throw new SQLException(where + ": " + what + (hint == null ? "" : "; " + hint), failed);
                }
                LockSupport.parkNanos(CHECK_PAUSE_NANOS);
            }
        }
    }

    /** H2 reads these once, when its first class is loaded. A value that somebody set on purpose stays. */
    private static void serveOnLoopbackOnly() {
        if (System.getProperty("h2.bindAddress") == null) {
            System.setProperty("h2.bindAddress", "127.0.0.1");
        }
        // A pooled connection to a process that died must be noticed before it is used.
        if (System.getProperty("com.zaxxer.hikari.aliveBypassWindowMs") == null) {
            System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "0");
        }
    }

    /** Runs the work on a connection; the stage fails with {@link SQLException} when the database does. */
    public <T> CompletionStage<T> call(Work<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return run(work);
                    } catch (SQLException failed) {
                        throw new CompletionException(failed);
                    }
                },
                blocking);
    }

    /** As {@link #call}, on the caller's own thread. */
    public <T> T run(Work<T> work) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return work.on(connection);
        }
    }

    @Override
    public void close() {
        dataSource.close();
    }
}
